"""ops migrations."""
