"""Alarms: opened by any room above, grouped while they are open, told by events and e-mail."""
