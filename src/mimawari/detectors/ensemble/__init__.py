"""Models of several kinds that speak as one: what the trees miss, the gated unit may know."""
