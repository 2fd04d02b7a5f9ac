"""A trial's evidence: its items and their labels, folded in the order of assignment."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from django.db.models import Max, Sum
from django.utils import timezone

from mimawari.evaluation.blocks import GRID, PRIOR, RARE_GRID
from mimawari.evaluation.split import evaluate_split
from mimawari.evaluation.trial import Carry, Evidence, Step, evaluate_backtest, evaluate_pairs
from mimawari.service.review.models import Decision
from mimawari.service.trials import events, one_sided
from mimawari.service.trials.design import Design, design_of
from mimawari.service.trials.event_bodies import Findings, Prepared
from mimawari.service.trials.labels import Book, Label, book_of
from mimawari.service.trials.models import Kind, Role, Trial, TrialItem, TrialLook
from mimawari.service.trials.rechecks import Rechecks

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

F = TypeVar("F", bound=Findings)
# A look's evidence is stored as a number: what no bet could lose is cut off.
LEAST_LOG_E = -1e6
# After its days an experiment waits so much longer for labels that are open.
GRACE_DAYS = 7


@dataclass(slots=True)
class Fold:
    """What a trial's items say now.

    Parameters
    ----------
    again
        Alerts whose item another moderator is to be asked about, with who is not.
    judging_one_sidedly
        Moderators whose verdicts are not taken.
    newest
        Number of the newest decision when this was read.
    """

    evidence: Evidence
    steps: list[Step]
    reviews: int
    rechecks: Rechecks
    again: dict[int, int]
    judging_one_sidedly: set[int]
    newest: int


@dataclass(slots=True)
class _Open:
    """A step while its items are read."""

    day: int
    candidate: int | None = None
    hits: int | None = 0
    items: int = 0


@dataclass(slots=True)
class _Read:
    steps: list[Step] = field(default_factory=list)
    again: dict[int, int] = field(default_factory=dict)
    rechecks: Rechecks = field(default_factory=Rechecks)


def newest_decision() -> int:
    """Give the number of the newest decision of all."""
    return int(Decision.objects.aggregate(newest=Max("id"))["newest"] or 0)


def fold(trial: Trial, upto: int | None = None) -> Fold:
    """Fold a trial's steps, or the first ones, into its evidence now.

    The same items and labels give the same evidence, whenever and by whomever it is asked for.
    """
    newest, now = newest_decision(), timezone.now()
    doubted = one_sided.one_sided_moderators(trial)
    book = book_of(trial)
    read = _read(trial, book, doubted, one_sided.people(trial.topic, now))
    steps = read.steps[:upto]
    evidence = _evaluate(trial, steps, book.reviews)
    return Fold(evidence, steps, book.reviews, read.rechecks, read.again, doubted, newest)


def _evaluate(trial: Trial, steps: list[Step], reviews: int) -> Evidence:
    design = design_of(trial)
    grid = RARE_GRID if design.rare else GRID
    exhausted = _exhausted(trial, design, steps, reviews)
    share = _differing_share(trial)
    differing, rule = share * design.capacity, design.rule
    if trial.kind == Kind.BACKTEST and design.mode == "reuse":
        prepared = events.last(trial, Prepared)
        prior = prepared.prior if prepared else PRIOR
        return evaluate_backtest(steps, rule, differing, prior, grid, exhausted)
    if design.mode == "split":
        half = replace(rule, capacity=max(1, design.capacity // 2))
        return evaluate_split(steps, half, share * half.capacity, exhausted)
    carried = None
    if trial.after is not None and trial.kind == Kind.EXPERIMENT:
        carried = fold(trial.after).evidence.log_weights.tolist()
    carry = Carry(design.carry) if carried else Carry.NONE
    return evaluate_pairs(steps, rule, differing, carried, carry, grid, exhausted)


def _read(trial: Trial, book: Book, doubted: set[int], people: set[int]) -> _Read:
    """Read a trial's items into steps; a guard asks its question the other way round.

    What is missing counts as the worst case: no violation of the candidate's, one of the
    champion's.
    """
    columns = ("step", "role", "known_label", "alert_id", "listing_version_id", "round__start")
    items = TrialItem.objects.filter(trial=trial).order_by("step", "pk")
    read = _Read()
    pairs: dict[int, _Open] = {}
    rechecked: list[tuple[Label, Label]] = []
    for step, role, known, alert, version, start in items.values_list(*columns):
        old = known is not None
        own = book.own_label(alert, version, doubted, people)
        if own.not_for is not None:
            read.again[alert] = own.not_for
        if role == Role.RECHECK:
            rechecked.append((book.old_label(version), own))
            continue
        pair = pairs.setdefault(step, _Open(start.toordinal()))
        label = own if not old else book.old_label(version) if version else Label(0)
        if (role == Role.CANDIDATE) != (trial.kind == Kind.GUARD):
            pair.candidate = 0 if label.missing else label.value
        else:
            value = 1 if label.missing else label.value
            pair.items += 1
            pair.hits = None if value is None or pair.hits is None else pair.hits + value
    read.steps = [Step(o.day, o.candidate, o.hits, o.items) for o in pairs.values()]
    read.rechecks = _rechecks(rechecked)
    return read


def _rechecks(pairs: list[tuple[Label, Label]]) -> Rechecks:
    """Compare old labels with those that were asked for again."""
    asked = [(old, new) for old, new in pairs if old.value is not None and not new.missing]
    answered = [(old.value, new.value) for old, new in asked if new.value is not None]
    violations = [new for old, new in answered if old == 1]
    return Rechecks(
        len(asked),
        len(answered),
        sum(old == new for old, new in answered),
        len(violations),
        sum(new == 1 for new in violations),
        sum(old.value == 1 and new.value is None for old, new in asked),
    )


def _differing_share(trial: Trial) -> float:
    """Give the share of a list that only one model has, on average."""
    sums = trial.rounds.filter(listings__gt=0).aggregate(m=Sum("differing"), k=Sum("capacity"))
    if not sums["k"]:
        return 1.0  # nothing is known yet, and nothing may be called alike
    half = 2 if design_of(trial).mode == "split" else 1
    return min(1.0, half * float(sums["m"]) / float(sums["k"]))


def _exhausted(trial: Trial, design: Design, steps: list[Step], reviews: int) -> bool:
    """Whether no further step can come."""
    if reviews >= design.most_reviews:
        return True
    closed = all(step.candidate is not None and step.hits is not None for step in steps)
    if trial.kind == Kind.BACKTEST:
        return closed
    over = (timezone.now() - trial.created_at).days - design.days
    return over >= GRACE_DAYS or (over >= 0 and closed)


def look(trial: Trial, evaluated: Fold) -> None:
    """Record what the evidence is, where it has moved since the last look."""
    evidence = evaluated.evidence
    last = TrialLook.objects.filter(trial=trial).order_by("-pk").first()
    log_e, log_f = _last(evidence.log_e), _last(evidence.log_f)
    if not evidence.steps:
        return
    if last and (last.steps, last.log_e, last.log_f) == (evidence.steps, log_e, log_f):
        return
    TrialLook.objects.create(
        trial=trial,
        at=timezone.now(),
        steps=evidence.steps,
        reviews=evaluated.reviews,
        log_e=log_e,
        log_f=log_f,
        low=evidence.low,
        high=evidence.high,
        dispersion=evidence.dispersion,
    )


def _last(values: NDArray[np.float64]) -> float:
    return max(float(values[-1]), LEAST_LOG_E) if len(values) else 0.0


def findings_of(folded: Fold, kind: type[F]) -> F:
    """Give what is written down of a decision, in an event of some kind."""
    evidence, checks = folded.evidence, folded.rechecks
    return kind(
        statement=evidence.statement,
        says=evidence.outcome,
        steps=evidence.steps,
        at=evidence.at,
        days=evidence.days,
        reviews=folded.reviews,
        log_e=_last(evidence.log_e),
        log_f=_last(evidence.log_f),
        gain=evidence.gain if evidence.steps else None,
        interval=(evidence.low, evidence.high),
        dispersion=evidence.dispersion,
        champion=(evidence.champion_hits, evidence.champion_items),
        candidate=(evidence.candidate_hits, evidence.steps),
        rechecks=(checks.same, checks.answered, checks.asked),
        newest_decision=folded.newest,
    )
