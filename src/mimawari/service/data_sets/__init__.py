"""Versions of the moderators' labels: made, kept, read again, compared."""
