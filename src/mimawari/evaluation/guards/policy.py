"""What a guard allows a model that is in force, as a gate file says it."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

Factor = Annotated[float, msgspec.Meta(ge=1.1, le=1_000)]


class Guards(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Limits under which a model stays in force.

    Parameters
    ----------
    act
        What a breach does: the topic goes back to what served it before (and a canary leaves), an
        alarm alone, or nothing is watched.
    days
        So long a champion is watched after it came into force; canaries always are.
    error_chance
        Of any false breach, over all guards of a model and all that time.
    missing
        A minute is bad in which a larger share of listings has no score, beyond what was usual.
    alert_ratio
        Factor by which the share of listings at the alerting level may be off the usual one.
    milliseconds
        A minute is bad in which a listing takes the model longer than this in the mean.
    bad_minutes
        Share of minutes that may be bad, of each kind.
    golden_scores
        Whether scorers must come to the scores that the model gave where it was trained.
    """

    act: Literal["roll_back", "alarm", "off"] = "roll_back"
    days: Annotated[int, msgspec.Meta(ge=1, le=366)] = 14
    error_chance: Annotated[float, msgspec.Meta(ge=1e-9, le=0.05)] = 0.001
    missing: Annotated[float, msgspec.Meta(gt=0, lt=1)] = 0.01
    alert_ratio: Factor = 3.0
    milliseconds: Annotated[float, msgspec.Meta(gt=0)] = 20.0
    bad_minutes: Annotated[float, msgspec.Meta(gt=0, lt=1)] = 0.1
    golden_scores: bool = True
