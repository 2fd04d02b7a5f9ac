"""Measures a registered model by all that is known, and lets its gates say what that is worth."""
