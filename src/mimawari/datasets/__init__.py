"""Versions of training data: what they hold, whether it may be learnt from, how two differ."""
