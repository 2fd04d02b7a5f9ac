"""What holds for a second stage at the moment of a merge: budget, breaker, weights."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from mimawari.detectors.second_stage.weighing import Weights
from mimawari.service.admission.models import StageDay, StageHealth, StageWeights
from mimawari.service.scoring.models import DayList

if TYPE_CHECKING:
    from datetime import date, datetime

    from mimawari.records.second_stage import SecondStage, StageSpec

BELOW, BUDGET = "below", "budget"
"""Why a listing of the best m x K is not asked about."""


class StageTerms(msgspec.Struct, frozen=True):
    """What holds now.

    Parameters
    ----------
    floor
        The score to be asked about: what the best m x K of the day before ended with. Else a
        budget would be spent on a day's first listings, all of which are its best so far.
    spent
        Whether the day's budget is.
    away
        Whether the breaker is open: nothing is held for an endpoint that does not answer.
    number
        Of the weights; None for the defaults.
    """

    stage: SecondStage
    floor: float
    spent: bool
    away: bool
    weights: Weights
    number: int | None

    @classmethod
    def of(cls, topic: str, day: date, stage: SecondStage, now: datetime) -> StageTerms:
        """Read them; nothing is locked."""
        number, weights = weights_of(stage.version)
        return cls(
            stage=stage,
            floor=_floor_before(topic, day) if stage.spec.bounded else 0.0,
            spent=is_spent(topic, day, stage.spec),
            away=is_away(StageHealth.objects.filter(topic=topic).first(), now),
            weights=weights,
            number=number,
        )

    def unasked(self, score: float) -> str:
        """Say why a listing is not asked about; empty where it is."""
        if self.spent:
            return BUDGET
        return BELOW if score < self.floor else ""

    def due(self, score: float, now: datetime) -> datetime:
        """Give from when on a listing competes with its first-stage score."""
        waits = self.stage.ranks and not self.away and not self.unasked(score)
        return now + timedelta(seconds=self.stage.spec.wait_seconds if waits else 0)


def weights_of(stage: str) -> tuple[int | None, Weights]:
    """Give the newest weights of a stage and their number; the defaults before any."""
    row = StageWeights.objects.filter(stage=stage).order_by("-id").first()
    if row is None:
        return None, Weights()
    return row.pk, Weights(intercept=row.intercept, slope=row.slope, weight=row.weight)


def is_spent(topic: str, day: date, spec: StageSpec) -> bool:
    """Whether the budget of a day is spent."""
    if not spec.bounded:
        return False
    row = StageDay.objects.filter(topic=topic, day=day).first()
    return row is not None and spec.spent(row.listings, row.input_tokens, row.output_tokens)


def is_away(health: StageHealth | None, now: datetime) -> bool:
    """Whether a breaker is open; not where the clock went back behind its opening."""
    if health is None or health.open_until is None or health.opened_at is None:
        return False
    return health.opened_at <= now < health.open_until


def _floor_before(topic: str, day: date) -> float:
    """Give what the last day before ended with; 0 where it had room, or there was none."""
    earlier = DayList.objects.filter(topic=topic, day__lt=day)
    last = earlier.order_by("-day").first()
    return (last.pool_floor or 0.0) if last is not None else 0.0
