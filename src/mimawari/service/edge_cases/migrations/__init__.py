"""edge_cases migrations."""
