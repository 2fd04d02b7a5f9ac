"""Which candidates become alerts: the top K of a topic and day."""
