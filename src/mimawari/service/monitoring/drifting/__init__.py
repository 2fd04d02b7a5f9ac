"""Drift in the service: listings are counted in order, shares watched, changes told as alarms."""
