"""The bank of edge cases: hard listings that every candidate of a topic is tried on."""
