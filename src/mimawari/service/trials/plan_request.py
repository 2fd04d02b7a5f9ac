"""What the planner is asked: to the API a body, to the command options, to the page a form."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from mimawari.records.fields import translatable
from mimawari.service.trials.design import Alpha, Capacity, SmallestGain, WindowDays


class PlanRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known or guessed before a comparison."""

    # A champion that finds nothing, or nothing else, leaves no question to plan for.
    precision: Annotated[
        float, Meta(gt=0, lt=1, title=translatable("Precision@K of the champion, 0 to 1"))
    ]
    capacity: Annotated[Capacity, Meta(le=100_000)] = 50
    overlap: Annotated[
        float, Meta(ge=0, le=1, title=translatable("share of the lists that is the same"))
    ] = 0.7
    gain: SmallestGain = 0.03
    differing_precision: (
        Annotated[
            float,
            Meta(
                gt=0,
                lt=1,
                title=translatable("violations among what only the champion lists (empty: half)"),
                description="share of violations among what only the champion lists; half of "
                "`precision` by default",
            ),
        ]
        | None
    ) = None
    alpha: Alpha = 0.05
    power: Annotated[
        float, Meta(ge=0.01, le=0.999, title=translatable("chance of promoting that gain"))
    ] = 0.8
    window_days: WindowDays = 28
    reviews_per_day: Annotated[
        int, Meta(ge=1, le=100_000, title=translatable("reviews a day of a back-test"))
    ] = 50
    listings: Annotated[
        int, Meta(ge=0, le=10**12, title=translatable("listings a day (0: unknown)"))
    ] = 0
    dispersion: Annotated[
        float, Meta(ge=1, le=1_000, title=translatable("how much more days vary than chance"))
    ] = 1.0
    most_weeks: Annotated[float, Meta(gt=0, le=1_000, title=translatable("weeks it may take"))] = (
        8.0
    )
