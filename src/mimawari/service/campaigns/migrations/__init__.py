"""campaigns migrations."""
