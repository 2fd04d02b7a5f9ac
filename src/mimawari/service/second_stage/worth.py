"""What a second stage costs for a violation caught beyond the first stage."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import msgspec
from django.db.models import Sum

from mimawari.alerts.ties import tie_break
from mimawari.evaluation.second_stage import Considered, StageGain, gain_of_day
from mimawari.service.accounts.authority import require
from mimawari.service.accounts.permissions import Permission
from mimawari.service.admission.models import (
    Alert,
    AlertState,
    Answer,
    AnswerState,
    Place,
    Purpose,
    Question,
    StageDay,
)
from mimawari.service.admission.stage_terms import weights_of
from mimawari.service.releases.activating import manifest_in_force, require_topic
from mimawari.service.review.cases import cases, since

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from mimawari.records.principal import Principal
    from mimawari.records.second_stage import SecondStage

_LISTED = (AlertState.OPEN, AlertState.ESCALATED, AlertState.DECIDED)


class StageWorth(msgspec.Struct, frozen=True):
    """What a topic's second stage brought and took over some days.

    ``asked`` counts listings that an endpoint was asked about, ``known`` those whose answer was
    taken over. ``money`` is at the prices in force, in ``currency``; the two figures a violation
    are None where nothing was gained.
    """

    topic: str
    stage: str
    slot: str
    days: int
    asked: int
    known: int
    failed: int
    seconds: float
    input_tokens: int
    output_tokens: int
    money: float
    currency: str
    gain: StageGain
    seconds_a_violation: float | None
    money_a_violation: float | None


def stage_worth(topic: str, days: int, actor: Principal) -> StageWorth | None:
    """Measure a topic's second stage over its last days; None where it has none in force.

    Days that left the database with their files are not counted.
    """
    require(actor, Permission.QUALITY, topic)
    entry = require_topic(manifest_in_force(), topic)
    stage = entry.stage
    if stage is None:
        return None
    start, gain = since(days), StageGain()
    for rows in _days(topic, stage, start):
        gain = gain.plus(gain_of_day(rows, entry.capacity))
    return _worth(topic, stage, days, start, gain)


def _worth(
    topic: str, stage: SecondStage, days: int, start: datetime, gain: StageGain
) -> StageWorth:
    spent = StageDay.objects.filter(topic=topic, day__gte=start.date()).aggregate(
        *(Sum(name) for name in ("listings", "input_tokens", "output_tokens", "seconds"))
    )
    asked, tokens_in, tokens_out, seconds = (total or 0 for total in spent.values())
    answers = Answer.objects.filter(question__topic=topic, question__day__gte=start.date())
    money = stage.spec.money(tokens_in, tokens_out)
    gained = gain.gain if gain.gain > 0 else None
    return StageWorth(
        topic=topic,
        stage=stage.version,
        slot=str(stage.slot),
        days=days,
        asked=asked,
        known=answers.filter(cached=True).count(),
        failed=answers.filter(state=AnswerState.FAILED).count(),
        seconds=seconds,
        input_tokens=tokens_in,
        output_tokens=tokens_out,
        money=money,
        currency=stage.spec.currency,
        gain=gain,
        seconds_a_violation=seconds / gained if gained else None,
        money_a_violation=money / gained if gained else None,
    )


def _days(topic: str, stage: SecondStage, start: datetime) -> Iterator[list[Considered]]:
    """Yield the best m x K of each day, as the weights in force rank them."""
    labels = {case.version: case.label for case in cases(topic, start) if case.label >= 0}
    alerts = Alert.objects.filter(
        topic=topic, day__gte=start.date(), purpose=Purpose.TOP_K, state__in=_LISTED
    )
    listed = set(alerts.values_list("listing_version_id", flat=True))
    _, weights = weights_of(stage.version)
    questions = Question.objects.filter(topic=topic, day__gte=start.date(), place=Place.RANKED)
    rows = questions.select_related("answer", "listing_version").order_by("day")
    for _, of_day in groupby(rows.defer("listing_version__payload"), lambda row: row.day):
        considered = []
        for row in of_day:
            answer: Answer | None = getattr(row, "answer", None)
            says = answer.violates if answer is not None and answer.stage == stage.version else None
            rank = row.score if says is None else float(weights.apply([row.score], [says])[0])
            version = row.listing_version_id
            considered.append(
                Considered(
                    score=row.score,
                    rank=rank,
                    tie=tie_break(row.listing_version.listing_id),
                    listed=version in listed,
                    label=labels.get(version),
                )
            )
        yield considered
