"""Campaigns: labels that are asked for, of what somebody looks for, under a budget a day."""
