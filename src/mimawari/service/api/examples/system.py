"""Examples of health and metrics."""

from __future__ import annotations

from mimawari.service.api.health import Health
from mimawari.service.platform.presence import RoleHealth
from mimawari.service.search.state import Freshness

HEALTH = Health(
    status="ok",
    missing=[],
    pending=0,
    candidates=0,
    generation=12,
    absent_models=[],
    roles={"edge": RoleHealth(1, 0.4, 12), "scorer": RoleHealth(2, 0.8, 12)},
    search=Freshness(1.0, 0.4),
    warnings=[],
)
METRICS = """\
# HELP mimawari_listings_total Listing versions received, by answer
# TYPE mimawari_listings_total counter
mimawari_listings_total{status="accepted"} 1024.0
"""
