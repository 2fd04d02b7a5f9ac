"""A language model asked about what a first stage put highest, clause by clause.

Its answer never decides: calibrated on decisions it changes the order among the best m x K of a
topic and day, and nothing else.
"""
