"""What the pages of trials are given."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
from django.db.models import Count, OuterRef, Q, Subquery, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from mimawari.service.console.texts import in_language
from mimawari.service.console.trial_pictures import difference_picture, evidence_picture
from mimawari.service.releases.in_force import files_in_force
from mimawari.service.trials import events as trial_events
from mimawari.service.trials.design import design_of
from mimawari.service.trials.event_bodies import said_of
from mimawari.service.trials.gain import gain_of
from mimawari.service.trials.looks import Looks, looks_of
from mimawari.service.trials.models import Kind, Outcome, Trial, TrialEvent, TrialLook, TrialState
from mimawari.service.trials.parameters import parameters_of
from mimawari.service.trials.statement import statement
from mimawari.service.trials.today import Today, asks_today
from mimawari.service.trials.waiting import waits_for
from mimawari.service.trials.wording import percent, points, progress

if TYPE_CHECKING:
    from datetime import date

    from mimawari.evaluation.charts.chart import Chart

MOST_TRIALS = 200
MOST_EVENTS = 50
ROWS_OF_NUMBERS = 12


class TrialRow(msgspec.Struct, frozen=True):
    """A trial as a line of the list."""

    trial: Trial
    kind: str
    state: str
    topic_name: str
    spent: str
    difference: str


class Row(msgspec.Struct, frozen=True):
    """Something known of a trial, under its name."""

    name: str
    value: str


class LookRow(msgspec.Struct, frozen=True):
    """One look at the evidence, as text."""

    reviews: str
    promote: str
    reject: str
    difference: str


class EventRow(msgspec.Struct, frozen=True):
    """An event of a trial, and what was said of it."""

    at: datetime
    kind: str
    actor: str
    text: str


class TrialPage(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is known of a trial."""

    trial: Trial
    kind: str
    state: str
    topic_name: str
    statement: str
    detail: str
    waits_for: list[str]
    figures: list[Row]
    today: Today
    evidence: Chart
    difference: Chart
    numbers: list[LookRow]
    design: list[Row]
    events: list[EventRow]


def kind_text(kind: str) -> str:
    """Name a kind of trial."""
    names = {
        Kind.BACKTEST: _("Back-test"),
        Kind.EXPERIMENT: _("Experiment"),
        Kind.GUARD: _("Guard"),
    }
    return names[Kind(kind)]


def state_text(trial: Trial) -> str:
    """Say how far a trial is, or how it ended."""
    if trial.state != TrialState.ENDED:
        running = {TrialState.PREPARING: _("preparing"), TrialState.RUNNING: _("running")}
        return running[TrialState(trial.state)]
    names = {
        Outcome.PROMOTE: _("promote"),
        Outcome.REJECT: _("reject"),
        Outcome.UNDECIDED: _("undecided"),
        Outcome.STOPPED: _("stopped"),
    }
    return names[Outcome(trial.outcome)] if trial.outcome else _("ended")


def trial_rows() -> list[TrialRow]:
    """Give the trials, those that run first, then the newest."""
    last = TrialLook.objects.filter(trial=OuterRef("pk")).order_by("-steps", "-pk")
    trials = Trial.objects.annotate(
        spent=Subquery(last.values("reviews")[:1]),
        low=Subquery(last.values("low")[:1]),
        high=Subquery(last.values("high")[:1]),
        over=Count("pk", filter=Q(state=TrialState.ENDED)),
    ).order_by("over", "-created_at")
    names = topic_names()
    return [
        TrialRow(
            trial,
            kind_text(trial.kind),
            state_text(trial),
            names.get(trial.topic, trial.topic),
            f"{trial.spent or 0:,}",
            between(trial.low, trial.high),
        )
        for trial in trials[:MOST_TRIALS]
    ]


def between(low: float | None, high: float | None) -> str:
    """Write an interval in percentage points."""
    return "–" if low is None or high is None else f"{points(low)} … {points(high)}"


def topic_names() -> dict[str, str]:
    """Name the topics in force in the user's language."""
    return {topic: in_language(file.title) for topic, file in files_in_force().items()}


def trial_page(trial: Trial, today: date | None = None) -> TrialPage:
    """Gather everything that is known of a trial."""
    looks = looks_of(trial)
    ended = trial_events.last_end(trial)
    return TrialPage(
        trial=trial,
        kind=kind_text(trial.kind),
        state=state_text(trial),
        topic_name=topic_names().get(trial.topic, trial.topic),
        statement=statement(trial, looks, ended),
        detail=ended.statement if ended else "",
        waits_for=waits_for(trial, timezone.now()),
        figures=_figures(trial, looks),
        today=asks_today(trial, today or timezone.now().date()),
        evidence=evidence_picture(looks, trial.kind == Kind.GUARD),
        difference=difference_picture(looks, design_of(trial).smallest_gain),
        numbers=_numbers(looks),
        design=_design(trial),
        events=[_event(event) for event in trial.events.order_by("-pk")[:MOST_EVENTS]],
    )


def _figures(trial: Trial, looks: Looks) -> list[Row]:
    sums = trial.rounds.aggregate(
        shared=Sum("shared"), differing=Sum("differing"), rounds=Count("pk")
    )
    listed = (sums["shared"] or 0) + (sums["differing"] or 0)
    gain = gain_of(trial)
    rows = [
        (f"{looks.reviews[-1]:,}" if looks else "0", _("reviews counted")),
        (f"{sums['rounds']:,}", _("days compared") if trial.kind == Kind.BACKTEST else _("rounds")),
    ]
    if listed:
        rows.append((percent((sums["shared"] or 0) / listed), _("of both lists is the same")))
    if looks:
        difference = between(looks.low[-1], looks.high[-1])
        rows.append((difference, _("points of Precision@K, 95 % sure")))
    if gain.reviews:
        name = _("violations gained or lost by running it")
        rows.append((f"{gain.violations:+,}".replace("-", "−").replace("+0", "0"), name))
    return [Row(name, value) for value, name in rows]


def _numbers(looks: Looks) -> list[LookRow]:
    """Give some of the looks in figures, the last one among them."""
    step = max(1, -(-len(looks) // ROWS_OF_NUMBERS))
    chosen = sorted({*range(len(looks) - 1, -1, -step)})
    return [
        LookRow(
            f"{looks.reviews[i]:,}",
            progress(looks.promote[i]),
            progress(looks.reject[i]),
            between(looks.low[i], looks.high[i]),
        )
        for i in chosen
    ]


def _design(trial: Trial) -> list[Row]:
    rows = [
        Row(_(parameter.field.title), str(value))
        for parameter in parameters_of(trial.kind)
        if (value := trial.design.get(parameter.field.name)) is not None
    ]
    return [*rows, Row(_("generation"), str(trial.generation_id))]


def _event(event: TrialEvent) -> EventRow:
    return EventRow(event.at, event.kind, event.actor, said_of(event.body))
