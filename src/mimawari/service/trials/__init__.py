"""Back-tests and experiments: from a candidate model to a decision."""
