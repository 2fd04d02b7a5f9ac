"""The report of a run: one terminal table and one HTML page with plots."""
