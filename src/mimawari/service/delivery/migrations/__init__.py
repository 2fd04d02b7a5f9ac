"""delivery migrations."""
