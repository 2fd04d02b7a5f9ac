"""Finds listing versions: an index beside the log, what is asked of it, and saved questions."""
