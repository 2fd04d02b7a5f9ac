"""What happened, once: events, the ledger over them, and the proof that neither was changed."""
