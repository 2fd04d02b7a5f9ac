"""Checks that a data set is held against before anything learns from it."""
