"""review migrations."""
