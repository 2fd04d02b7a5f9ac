"""Pages of flow runs: what was asked for, how far it is, what it read and gave."""
