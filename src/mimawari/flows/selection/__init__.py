"""What to label next of closed days: chosen by several sources in turn, as campaigns do."""
