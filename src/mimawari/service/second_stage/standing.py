"""How the second stages in force stand: today's budget, the breaker, what answers are worth."""

from __future__ import annotations

import msgspec

from mimawari.detectors.second_stage.weighing import Weights
from mimawari.service.admission.models import StageDay, StageHealth, StageWeights
from mimawari.service.admission.stage_terms import is_away, weights_of
from mimawari.service.platform import clock
from mimawari.service.releases.activating import manifest_in_force


class StageStanding(msgspec.Struct, frozen=True):
    """A second stage in force, and its day so far; ``away`` says why nobody asks it now."""

    topic: str
    version: str
    slot: str
    model: str
    m: int
    wait_seconds: float
    asked_today: int
    listings_a_day: int | None
    away: str
    weights: Weights
    decisions: int


def standing() -> list[StageStanding]:
    """Give them by topic."""
    now = clock.database_now()
    topics = manifest_in_force().topics
    stages = {topic: entry.stage for topic, entry in sorted(topics.items())}
    days = {row.topic: row for row in StageDay.objects.filter(day=now.date())}
    health = {row.topic: row for row in StageHealth.objects.all()}
    rows = []
    for topic, stage in stages.items():
        if stage is None:
            continue
        number, weights = weights_of(stage.version)
        learnt = StageWeights.objects.filter(pk=number or 0).first()
        row = health.get(topic)
        rows.append(
            StageStanding(
                topic=topic,
                version=stage.version,
                slot=str(stage.slot),
                model=stage.spec.model,
                m=stage.spec.m,
                wait_seconds=stage.spec.wait_seconds,
                asked_today=days[topic].listings if topic in days else 0,
                listings_a_day=stage.spec.listings_a_day,
                away=row.problem if row is not None and is_away(row, now) else "",
                weights=weights,
                decisions=learnt.decisions if learnt else 0,
            )
        )
    return rows
