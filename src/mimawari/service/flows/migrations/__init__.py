"""flows migrations."""
