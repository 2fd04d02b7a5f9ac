"""intake migrations."""
