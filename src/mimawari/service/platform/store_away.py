"""How what stands in front of the console tells it that the store is away."""

AWAY = "mimawari.store_away"
"""Key of a request's scope: true where the store is known not to answer."""
