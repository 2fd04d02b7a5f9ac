"""Choosing a topic's detector: every kind in the same folds, and one of those within noise."""
