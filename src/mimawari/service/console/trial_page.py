"""What the pages of trials are given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Count, OuterRef, Q, Subquery, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from mimawari.service.console.item import in_language
from mimawari.service.console.trial_pictures import difference_picture, evidence_picture
from mimawari.service.releases.in_force import files_in_force
from mimawari.service.trials import events as trial_events
from mimawari.service.trials.gain import gain_of
from mimawari.service.trials.looks import Looks, looks_of
from mimawari.service.trials.models import Kind, Outcome, Trial, TrialLook, TrialState
from mimawari.service.trials.statement import statement
from mimawari.service.trials.today import asks_today
from mimawari.service.trials.wording import percent, points, progress

if TYPE_CHECKING:
    from datetime import date

MOST_TRIALS = 200
MOST_EVENTS = 50
ROWS_OF_NUMBERS = 12
# Parameters that say nothing in a trial of this kind.
ONLINE = ("round_minutes", "days", "carry", "share")
HISTORY = ("window_start", "window_days", "reviews_per_day", "recheck")
OTHERS = {
    Kind.BACKTEST.value: ONLINE,
    Kind.EXPERIMENT.value: (*HISTORY, "share"),
    Kind.GUARD.value: (*HISTORY, "carry"),
}


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


def trial_rows() -> list[dict[str, Any]]:
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
        {
            "trial": trial,
            "kind": kind_text(trial.kind),
            "state": state_text(trial),
            "topic_name": names.get(trial.topic, trial.topic),
            "spent": f"{trial.spent or 0:,}",
            "difference": between(trial.low, trial.high),
        }
        for trial in trials[:MOST_TRIALS]
    ]


def between(low: float | None, high: float | None) -> str:
    """Write an interval in percentage points."""
    return "–" if low is None or high is None else f"{points(low)} … {points(high)}"


def topic_names() -> dict[str, str]:
    """Name the topics in force in the user's language."""
    return {topic: in_language(file.title) for topic, file in files_in_force().items()}


def trial_page(trial: Trial, today: date | None = None) -> dict[str, Any]:
    """Gather everything that is known of a trial."""
    looks = looks_of(trial)
    design = trial.design
    events = list(trial.events.order_by("-pk")[:MOST_EVENTS])
    return {
        "trial": trial,
        "kind": kind_text(trial.kind),
        "state": state_text(trial),
        "topic_name": topic_names().get(trial.topic, trial.topic),
        "statement": statement(trial, looks),
        "detail": str(trial_events.last(trial, "ended").get("statement") or ""),
        "figures": _figures(trial, looks),
        "today": asks_today(trial, today or timezone.now().date()),
        "evidence": evidence_picture(looks, trial.kind == Kind.GUARD),
        "difference": difference_picture(looks, design.get("smallest_gain", 0.03)),
        "numbers": _numbers(looks),
        "design": _design(trial),
        "events": [_event(event) for event in events],
    }


def _figures(trial: Trial, looks: Looks) -> list[dict[str, str]]:
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
    return [{"value": value, "name": name} for value, name in rows]


def _numbers(looks: Looks) -> list[dict[str, str]]:
    """Give some of the looks in figures, the last one among them."""
    step = max(1, -(-len(looks) // ROWS_OF_NUMBERS))
    chosen = sorted({*range(len(looks) - 1, -1, -step)})
    return [
        {
            "reviews": f"{looks.reviews[i]:,}",
            "promote": progress(looks.promote[i]),
            "reject": progress(looks.reject[i]),
            "difference": between(looks.low[i], looks.high[i]),
        }
        for i in chosen
    ]


def _design(trial: Trial) -> list[dict[str, str]]:
    names = {
        "mode": _("mode"),
        "capacity": _("capacity K a day"),
        "alpha": _("chance of promoting a model that is no better"),
        "beta": _("chance of rejecting a useful one"),
        "smallest_gain": _("smallest useful gain in Precision@K"),
        "window_days": _("days of history"),
        "reviews_per_day": _("reviews a day"),
        "minimum_days": _("days at least"),
        "most_reviews": _("reviews at most"),
        "round_minutes": _("minutes a round"),
        "carry": _("evidence taken over"),
        "window_start": _("first day of history"),
        "days": _("days at most"),
        "recheck": _("old labels asked for again"),
        "rare": _("violations are rare"),
        "share": _("share that a guard reviews"),
        "phi_limit": _("variation of days that is let pass"),
        "seed": _("seed"),
    }
    rows = [
        {"name": names.get(name, name), "value": str(value)}
        for name, value in trial.design.items()
        if value is not None and name not in OTHERS.get(trial.kind, ())
    ]
    return [*rows, {"name": _("generation"), "value": str(trial.generation_id)}]


def _event(event: Any) -> dict[str, Any]:  # noqa: ANN401  # a row of the model
    text = event.body.get("statement") or event.body.get("reason") or ""
    return {"at": event.at, "kind": event.kind, "actor": event.actor, "said": text}
