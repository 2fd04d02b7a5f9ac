"""Compiled loops of the bench of experiments."""
