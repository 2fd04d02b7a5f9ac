"""A trial as data: what the API answers and the commands print."""

from __future__ import annotations

import math
from datetime import datetime  # read by msgspec when the types are used
from typing import TYPE_CHECKING

import msgspec
from django.utils import timezone, translation

from mimawari.records.json import JsonObject
from mimawari.service.trials import events
from mimawari.service.trials.design import Design, design_of
from mimawari.service.trials.gain import gain_of
from mimawari.service.trials.looks import looks_of, newest_looks
from mimawari.service.trials.models import Trial, TrialEvent, TrialState
from mimawari.service.trials.statement import statement as state
from mimawari.service.trials.today import Today, asks_today
from mimawari.service.trials.waiting import waits_for

if TYPE_CHECKING:
    from collections.abc import Collection

    from mimawari.service.trials.event_bodies import End
    from mimawari.service.trials.looks import Looks

MOST_TRIALS = 1_000


class Evidence(msgspec.Struct):
    """The evidence now: natural logarithms of the e-values, and how far each has come.

    ``promote`` and ``reject`` reach 1 where the trial is decided. ``low`` and ``high`` bound the
    difference in Precision@K between candidate and champion, whenever one looks.
    """

    steps: int
    reviews: int
    log_e: float
    log_f: float
    promote: float
    reject: float
    low: float | None
    high: float | None


class Gain(msgspec.Struct):
    """Violations found on the trial's items, and those found by the champion in their stead."""

    found: int
    instead: float
    reviews: int


class EventSummary(msgspec.Struct):
    """An event of a trial."""

    at: datetime
    kind: str
    actor: str
    body: JsonObject


class TrialSummary(msgspec.Struct):
    """Everything that is known of a trial; a list leaves all after ``evidence`` out.

    ``waits_for`` says what must happen before a running trial goes on.
    """

    trial: int
    kind: str
    topic: str
    champion: str
    candidate: str
    state: str
    outcome: str
    statement: str
    created_at: datetime
    actor: str
    reason: str
    generation: int
    family: str
    design: Design
    evidence: Evidence | None
    waits_for: list[str] = []
    today: Today | None = None
    gained: Gain | None = None
    events: list[EventSummary] = []


class TrialList(msgspec.Struct):
    """Trials, those that run first, then the newest."""

    trials: list[TrialSummary]


def summarise(trial: Trial) -> TrialSummary:
    """Summarise everything of one trial."""
    summary = brief(trial, looks_of(trial, most=1), events.last_end(trial))
    with translation.override("en"):
        summary.waits_for = waits_for(trial, timezone.now())
    summary.today = asks_today(trial, timezone.now().date())
    gain = gain_of(trial)
    summary.gained = Gain(gain.found, gain.instead, gain.reviews)
    summary.events = [_event(event) for event in trial.events.order_by("pk")]
    return summary


def list_trials(kinds: Collection[str], topic: str = "", limit: int = MOST_TRIALS) -> TrialList:
    """Summarise the newest trials of some kinds, those that run first.

    Parameters
    ----------
    topic
        Only those of this topic; of any where it is empty.
    """
    chosen = Trial.objects.filter(kind__in=kinds)
    if topic:
        chosen = chosen.filter(topic=topic)
    trials = list(chosen.order_by("-pk")[: min(limit, MOST_TRIALS)])
    trials.sort(key=lambda trial: trial.state == TrialState.ENDED)
    looks, ended = newest_looks(trials), events.last_ends(trials)
    return TrialList([brief(trial, looks[trial.pk], ended.get(trial.pk)) for trial in trials])


def brief(trial: Trial, looks: Looks, ended: End | None) -> TrialSummary:
    """Summarise a trial without what takes long to count.

    Parameters
    ----------
    looks
        Its newest look.
    ended
        What was recorded at its end.
    """
    statement = ended.statement if ended else ""
    if not statement:
        with translation.override("en"):
            statement = state(trial, looks, ended)
    return TrialSummary(
        trial=trial.pk,
        kind=trial.kind,
        topic=trial.topic,
        champion=trial.champion,
        candidate=trial.candidate,
        state=trial.state,
        outcome=trial.outcome,
        statement=statement,
        created_at=trial.created_at,
        actor=trial.actor,
        reason=trial.reason,
        generation=trial.generation_id,
        family=trial.family,
        design=design_of(trial),
        evidence=_evidence(looks),
    )


def _evidence(looks: Looks) -> Evidence | None:
    if not looks:
        return None
    columns = (looks.steps, looks.reviews, looks.log_e, looks.log_f, looks.promote, looks.reject)
    low, high = looks.low[-1], looks.high[-1]
    bounds = (None, None) if math.isnan(low) else (low, high)
    steps, reviews, *shares = (column[-1] for column in columns)
    return Evidence(int(steps), int(reviews), *shares, *bounds)


def _event(event: TrialEvent) -> EventSummary:
    return EventSummary(event.at, event.kind, event.actor, event.body)
