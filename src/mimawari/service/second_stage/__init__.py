"""Asks second stages, beside admission: leases, budget, breaker, weights, what it is worth."""
