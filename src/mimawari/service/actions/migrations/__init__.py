"""actions migrations."""
