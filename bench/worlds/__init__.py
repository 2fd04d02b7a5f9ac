"""Stores that benches and tests measure on; they need Django set up."""
