"""Closed days watched after the event: counted in parts, then watched in their order."""
