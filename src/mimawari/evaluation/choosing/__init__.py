"""Choosing a topic's detector: every kind in the same folds, and the simplest within noise."""
