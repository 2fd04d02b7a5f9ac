"""scoring migrations."""
