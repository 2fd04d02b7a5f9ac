"""Removes listing versions of days that are over, so that the ledger still verifies."""
