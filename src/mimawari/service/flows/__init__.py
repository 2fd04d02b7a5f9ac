"""Runs of flows: who asked for which, where each stands, and what comes of it.

Flows read files and know no database. Here files are written for them, one run a flow and topic at
a time is kept to, and what a run trained is registered and deployed.
"""
