"""The ledger's mathematics: a Merkle log over events, its proofs, its signed checkpoints."""
