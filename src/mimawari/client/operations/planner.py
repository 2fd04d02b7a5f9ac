"""Requests of the API's group 'planner', and what it answers.

Written by ``python -m scripts.client_operations``.
"""

from __future__ import annotations

from typing import TypedDict

from mimawari.client.asked import Asked, address, body_of, one


class Cost(TypedDict):
    """Reviews and days of one design; null where a chance is never reached."""

    design: str
    reviews: float | None
    most_reviews: float | None
    days: float | None
    most_days: float | None
    bound: float | None


class Planned(TypedDict):
    """The designs, the quickest first, and whether any decides within ``most_weeks``."""

    decidable: bool
    statement: str
    designs: list[Cost]


def plan_comparison(
    *,
    precision: float,
    capacity: int | None = None,
    overlap: float | None = None,
    gain: float | None = None,
    differing_precision: float | None = None,
    alpha: float | None = None,
    power: float | None = None,
    window_days: int | None = None,
    reviews_per_day: int | None = None,
    listings: int | None = None,
    dispersion: float | None = None,
    most_weeks: float | None = None,
) -> Asked[Planned]:
    """What a comparison will cost in reviews and days, by design."""
    path = address("/api/v1/plan", {})
    return Asked(
        "POST",
        path,
        body_of(
            {
                "precision": precision,
                "capacity": capacity,
                "overlap": overlap,
                "gain": gain,
                "differing_precision": differing_precision,
                "alpha": alpha,
                "power": power,
                "window_days": window_days,
                "reviews_per_day": reviews_per_day,
                "listings": listings,
                "dispersion": dispersion,
                "most_weeks": most_weeks,
            }
        ),
        False,
        one(Planned),
    )
