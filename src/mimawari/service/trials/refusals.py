"""Why a trial may not be started: each is told before anything is asked of moderators."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Min
from django.utils import timezone

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.admission.models import MEASURED
from mimawari.service.catalogue.models import ModelVersion
from mimawari.service.intake.models import ListingVersion
from mimawari.service.releases import generations
from mimawari.service.review.models import Decision, Verdict
from mimawari.service.trials.evidence import fold
from mimawari.service.trials.models import Kind, Outcome, Trial, TrialState

if TYPE_CHECKING:
    from mimawari.records.manifest import TopicEntry
    from mimawari.service.releases.models import Generation
    from mimawari.service.trials.design import Design

# Days of the stream that an experiment's capacity is held against.
RECENT_DAYS = 7


def refuse(field: str, problem: str, remedy: str) -> InvalidInputError:
    """Make the error to raise."""
    return InvalidInputError(FieldProblem(field, problem, remedy))


def topic_in_force(topic: str) -> tuple[Generation, TopicEntry]:
    """Give the generation in force and the topic's entry in it."""
    newest = generations.current()
    entry = newest.manifest.topics.get(topic) if newest else None
    if newest is None or entry is None:
        raise refuse("topic", f"{topic!r} is not in force", "activate its topic file first")
    return newest, entry


def topic_of(candidate: str) -> str:
    """Give the topic of a registered model."""
    model = ModelVersion.objects.filter(id=candidate).first()
    if model is None:
        raise refuse(
            "candidate", f"{candidate[:80]!r} is not registered", "mimawari models add FOLDER"
        )
    return model.topic


def candidate_of(topic: str, candidate: str, entry: TopicEntry) -> ModelVersion:
    """Give a registered model of the topic that is not its champion."""
    model = ModelVersion.objects.filter(id=candidate).first()
    if model is None:
        raise refuse("candidate", f"{candidate!r} is not registered", "use 'mimawari models add'")
    if model.topic != topic:
        raise refuse("candidate", f"is a model of {model.topic!r}", f"name one of {topic!r}")
    if entry.champion == candidate:
        raise refuse("candidate", "is the champion itself", "name another model")
    return model


def trained_on_the_window(model: ModelVersion, given: datetime | None, start: datetime) -> None:
    """Refuse a candidate that may have learnt the window's labels by heart."""
    noted = model.lineage.get("labels_until")
    until = datetime.fromisoformat(noted) if noted else given
    if until is None:
        raise refuse(
            "candidate",
            "does not say until when its labels go",
            "train it with --until, or say so with 'trained_until'",
        )
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    if until > start:
        raise refuse(
            "candidate",
            f"was trained on labels until {until:%Y-%m-%d}, inside of the window that starts "
            f"on {start:%Y-%m-%d}: it would know the answers",
            f"train it with --until {start:%Y-%m-%d} or earlier",
        )


def window_without_history(design: Design) -> None:
    """Refuse a window without listings, or with no more than both models would list."""
    assert design.window_start is not None
    start, days = design.window_start, design.window_days
    end = start + timedelta(days=days)
    if design.window_days < design.minimum_days:
        raise refuse(
            "window_days",
            f"is {days}, fewer than the {design.minimum_days} days to be seen before a promotion",
            "give a longer window, or fewer minimum_days",
        )
    scored = _scored(start, end)
    if not scored:
        raise refuse(
            "window_days",
            f"no listing was scored from {start:%Y-%m-%d} to {end:%Y-%m-%d}",
            "wait until there is history, or give a window that has some",
        )
    _larger_than_capacity(design, scored / days)


def stream_too_small(design: Design, entry: TopicEntry) -> None:
    """Refuse an experiment that would list everything, or more than moderators review."""
    if design.capacity > entry.capacity:
        raise refuse(
            "capacity",
            f"of {design.capacity} is more than the topic's {entry.capacity} reviews a day",
            "give as many or fewer",
        )
    now = timezone.now()
    first = ListingVersion.objects.aggregate(first=Min("received_at"))["first"] or now
    span = min(timedelta(days=RECENT_DAYS), max(timedelta(days=1), now - first))
    scored = _scored(now - span, now)
    if scored:
        _larger_than_capacity(design, scored / (span / timedelta(days=1)))


def _larger_than_capacity(design: Design, a_day: float) -> None:
    if a_day <= design.capacity:
        raise refuse(
            "capacity",
            f"of {design.capacity} is no less than the {a_day:.0f} listings a day: "
            "both models would list all of them",
            "give a smaller capacity",
        )


def _scored(start: datetime, end: datetime) -> int:
    return ListingVersion.objects.filter(
        received_at__gte=start, received_at__lt=end, score__isnull=False
    ).count()


def no_violation_known(topic: str) -> None:
    """Refuse to compare with old labels where none of them is a violation."""
    stands = Decision.objects.filter(
        alert__topic=topic, replaced_by=None, alert__purpose__in=MEASURED
    )
    if not stands.filter(verdict=Verdict.VIOLATES).exists():
        raise refuse(
            "topic",
            "has no violation among its labels: there is nothing to compare with",
            "run the back-test with mode fresh, or wait for labels",
        )


def backtest_before(
    number: int, topic: str, candidate: str, entry: TopicEntry, carry: str
) -> Trial:
    """Give the back-test whose evidence an experiment takes over."""
    backtest = Trial.objects.filter(pk=number, kind=Kind.BACKTEST, topic=topic).first()
    if backtest is None or backtest.candidate != candidate:
        raise refuse("after", f"{number} is no back-test of this candidate", "see the list")
    if backtest.outcome == Outcome.REJECT:
        raise refuse("after", f"{number} rejected the candidate", "train a better one")
    if backtest.state != TrialState.ENDED:
        raise refuse("after", f"{number} has not ended", "wait or stop it")
    if backtest.champion != (entry.champion or ""):
        raise refuse("after", f"{number} compared with another champion", "run it again")
    if carry == "pooled" and backtest.design["mode"] == "reuse":
        checks = fold(backtest).rechecks
        if not (checks.done and checks.hold):
            raise refuse(
                "carry",
                f"would build on old labels that were not shown to hold: {checks.statement}",
                "take over strictly",
            )
    return backtest


def none_live(topic: str) -> None:
    """Refuse a second trial of a topic: they would share its capacity and its moderators."""
    live = Trial.objects.filter(topic=topic).exclude(state=TrialState.ENDED).first()
    if live is not None:
        raise refuse("topic", f"has {live.kind} {live.pk} running", "wait, or stop that first")
