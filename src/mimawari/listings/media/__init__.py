"""Pictures of listings: what sellers send, made safe to look at and to compute with."""
