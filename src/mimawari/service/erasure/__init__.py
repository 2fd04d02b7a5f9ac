"""Takes out what a seller wrote and shows, so that the ledger still verifies."""
