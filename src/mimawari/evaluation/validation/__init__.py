"""Measures a model before it is released: in a fresh process, on labels that it has not seen."""
