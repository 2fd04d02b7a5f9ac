"""Benches: each module with a ``main`` measures one thing and writes its result."""
