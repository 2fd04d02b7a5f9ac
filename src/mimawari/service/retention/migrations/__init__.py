"""retention migrations."""
