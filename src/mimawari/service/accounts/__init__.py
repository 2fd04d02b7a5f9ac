"""Accounts and keys: who acts, and what each may do."""
