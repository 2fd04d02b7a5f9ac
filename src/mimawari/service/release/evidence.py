"""A trial's evidence: its items and their labels, folded in the order of assignment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Avg, Q
from django.utils import timezone

from mimawari.evaluation.blocks import GRID, PRIOR, RARE_GRID
from mimawari.evaluation.split import evaluate_split
from mimawari.evaluation.trial import (
    Carry,
    Evidence,
    Step,
    evaluate_backtest,
    evaluate_pairs,
)
from mimawari.service.release import events
from mimawari.service.release.design import design_of
from mimawari.service.release.labels import VALUE, standing
from mimawari.service.release.models import Kind, Role, Trial, TrialItem, TrialLook, TrialRound
from mimawari.service.review.models import Purpose, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

# Old and new labels of the same listings agree in so many cases, or are not comparable.
LEAST_AGREEMENT = 0.98


@dataclass(frozen=True, slots=True)
class Rechecks:
    """How many old labels were asked for again, and what became of them."""

    asked: int
    answered: int
    same: int

    @property
    def done(self) -> bool:
        """Whether all answers are in."""
        return self.answered == self.asked

    @property
    def comparable(self) -> bool:
        """Whether old labels hold today."""
        return not self.answered or self.same >= LEAST_AGREEMENT * self.answered


@dataclass(slots=True)
class _Open:
    """A step while its items are read."""

    day: int
    candidate: int | None = None
    hits: int | None = 0
    items: int = 0
    missing: bool = False


def evidence_of(trial: Trial) -> Evidence:
    """Fold a trial's steps into its evidence now."""
    design = design_of(trial)
    grid = RARE_GRID if design.rare else GRID
    steps, differing = _steps(trial), _differing(trial)
    exhausted = _exhausted(trial, steps)
    if trial.kind == Kind.BACKTEST and design.mode == "reuse":
        hits, misses = events.last(trial, "prepared").get("prior", PRIOR)
        return evaluate_backtest(steps, design.rule, differing, (hits, misses), grid, exhausted)
    if design.mode == "split":
        return evaluate_split(steps, design.rule, differing, exhausted)
    carried = None
    if trial.after is not None and trial.kind == Kind.EXPERIMENT:
        carried = evidence_of(trial.after).log_weights.tolist()
    return evaluate_pairs(
        steps, design.rule, differing, carried, Carry(design.carry), grid, exhausted
    )


def _steps(trial: Trial) -> list[Step]:
    """Give the steps in order; a guard asks the question the other way round."""
    rows = list(
        TrialItem.objects.filter(trial=trial)
        .exclude(role=Role.RECHECK)
        .order_by("step", "pk")
        .values_list("step", "role", "known_label", "alert_id", "alert__purpose", "round__start")
    )
    said = standing([row[3] for row in rows if row[3] is not None])
    found: dict[int, _Open] = {}
    for step, role, known, alert, purpose, start in rows:
        one = found.setdefault(step, _Open(start.toordinal()))
        label, missing = (known, False) if known is not None else _label(alert, purpose, said)
        one.missing |= missing
        if (role == Role.CANDIDATE) != (trial.kind == Kind.GUARD):
            one.candidate = label
        else:
            one.items += 1
            one.hits = None if label is None or one.hits is None else one.hits + label
    return [Step(o.day, o.candidate, o.hits, o.items, o.missing) for o in found.values()]


def _label(
    alert: int | None, purpose: str | None, said: dict[int, tuple[str, int]]
) -> tuple[int | None, bool]:
    """Give an item's label, and whether two moderators could not tell."""
    verdict = said.get(alert or 0, ("", 0))[0]
    if verdict == Verdict.CANNOT_TELL:
        return None, purpose == Purpose.SECOND
    return (VALUE[Verdict(verdict)], False) if verdict else (None, False)


def _differing(trial: Trial) -> float:
    """Give how many items a day only one model lists, on average."""
    rounds = TrialRound.objects.filter(trial=trial, listings__gt=0)
    mean = rounds.aggregate(mean=Avg("differing"))["mean"]
    a_day = 1440 / design_of(trial).round_minutes if trial.kind != Kind.BACKTEST else 1.0
    return float(mean or 0.0) * a_day if rounds.exists() else float(design_of(trial).capacity)


def _exhausted(trial: Trial, steps: Iterable[Step]) -> bool:
    """Whether no further step can come."""
    design = design_of(trial)
    closed = [one for one in steps if one.candidate is not None and one.hits is not None]
    reviews = len(closed) * (1 if design.mode == "reuse" else 2)
    if reviews >= design.most_reviews:
        return True
    if trial.kind == Kind.BACKTEST:
        return len(closed) == len(list(steps))
    over = (timezone.now() - trial.created_at).days >= design.days
    return over and len(closed) == len(list(steps))


def rechecks_of(trial: Trial) -> Rechecks:
    """Compare old labels with those that were asked for again."""
    rows = TrialItem.objects.filter(trial=trial, role=Role.RECHECK)
    asked = list(rows.values_list("known_label", "alert_id"))
    said = standing([alert for _, alert in asked if alert is not None])
    pairs = [
        (old, VALUE[Verdict(said[alert][0])])
        for old, alert in asked
        if alert in said and said[alert][0] in VALUE
    ]
    unclear = sum(1 for _, alert in asked if alert in said and said[alert][0] not in VALUE)
    return Rechecks(len(asked) - unclear, len(pairs), sum(old == new for old, new in pairs))


def look(trial: Trial, found: Evidence) -> None:
    """Record what the evidence is, where it has moved since the last look."""
    last = TrialLook.objects.filter(trial=trial).order_by("-pk").first()
    log_e = float(found.log_e[-1]) if len(found.log_e) else 0.0
    if not found.steps or (last and last.steps == found.steps and last.log_e == log_e):
        return
    TrialLook.objects.create(
        trial=trial,
        at=timezone.now(),
        steps=found.steps,
        reviews=reviews_of(trial),
        log_e=max(log_e, -1e6),
        log_f=float(found.log_f[-1]) if len(found.log_f) else 0.0,
        low=found.low,
        high=found.high,
        dispersion=found.dispersion,
    )


def reviews_of(trial: Trial) -> int:
    """Count the reviews that the trial's items took."""
    decided = Q(alert__decisions__replaced_by=None, alert__decisions__isnull=False)
    return TrialItem.objects.filter(decided, trial=trial).values("alert").distinct().count()


def body_of(found: Evidence) -> dict[str, Any]:
    """Give what is written down of a decision."""
    return {
        "statement": found.statement,
        "says": found.outcome,
        "steps": found.steps,
        "at": found.at,
        "days": found.days,
        "log_e": float(found.log_e[-1]) if len(found.log_e) else 0.0,
        "log_f": float(found.log_f[-1]) if len(found.log_f) else 0.0,
        "gain": found.gain if found.steps else None,
        "interval": [found.low, found.high],
        "dispersion": found.dispersion,
        "champion": [found.champion_hits, found.champion_items],
        "candidate": [found.candidate_hits, found.steps],
    }
