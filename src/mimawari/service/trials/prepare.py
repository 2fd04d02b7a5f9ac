"""A back-test's items: what the window's lists differ in, in the order in which it is asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
from django.db import transaction

from mimawari.evaluation.blocks import PRIOR
from mimawari.evaluation.schedule import Scheduled, known_places, pair_schedule, reuse_schedule
from mimawari.service.admission.models import Alert, Purpose
from mimawari.service.history.bringing_back import bring_back
from mimawari.service.trials import events
from mimawari.service.trials.design import Design, design_of
from mimawari.service.trials.event_bodies import Ended, Prepared
from mimawari.service.trials.labels import known_labels
from mimawari.service.trials.models import (
    Outcome,
    Role,
    Trial,
    TrialItem,
    TrialRound,
    TrialState,
)
from mimawari.service.trials.pool import EMPTY, Pool
from mimawari.service.trials.replay import numbers_of, replay

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# Days before the window whose labels start the estimate of the champion's rate.
DAYS_BEFORE = 5
# Fewer of the champion's items with a label: those that have one are no sample of them.
LEAST_KNOWN = 0.5


@dataclass(slots=True)
class _Day:
    """One day's lists, as listing versions in rank order; `EMPTY` where a place is."""

    start: datetime
    pool: Pool
    shared: int = 0
    champion: list[int] = field(default_factory=list)
    candidate: list[int] = field(default_factory=list)

    def close(self) -> None:
        """Compare the lists."""
        lists = self.pool.lists()
        self.shared = len(lists.shared)
        self.champion = [self.pool.version(row) or EMPTY for row in lists.champion_only]
        self.candidate = [self.pool.version(row) or EMPTY for row in lists.candidate_only]

    @property
    def differing(self) -> int:
        """Places of which the lists have something else."""
        return len(self.champion)

    @property
    def listed(self) -> int:
        """Items that only the champion lists: its empty places come last."""
        return sum(version != EMPTY for version in self.champion)


@dataclass(slots=True)
class _Window:
    before: list[_Day]
    days: list[_Day]
    labels: dict[int, int] = field(default_factory=dict)

    def known(self, days: Sequence[_Day]) -> list[int]:
        """Give what only the champion lists and has a known label."""
        listed = [v for day in days for v in day.champion if v != EMPTY]
        return [v for v in listed if v in self.labels]


def prepare(trial: Trial, progress: Callable[[int], None] | None = None) -> None:
    """Replay the window, and write its rounds and items; does nothing a second time."""
    design = design_of(trial)
    window = _replay_window(trial, design, progress)
    if design.mode == "reuse":
        versions = [v for day in (*window.before, *window.days) for v in day.champion]
        versions += [v for day in window.days for v in day.candidate]
        asked = [v for v in versions if v != EMPTY]
        window.labels = known_labels(trial.topic, asked, until=trial.created_at)
    window.labels[EMPTY] = 0
    outcome, refused = _refusal(window, design)
    with transaction.atomic():
        current = Trial.objects.select_for_update().get(pk=trial.pk)
        if current.state != TrialState.PREPARING:
            return
        if refused:
            events.end(current, outcome, events.TRIALS, Ended(statement=refused))
            return
        _write(current, design, window)
        current.state = TrialState.RUNNING
        current.save(update_fields=("state",))


def _replay_window(trial: Trial, design: Design, progress: Callable[[int], None] | None) -> _Window:
    assert design.window_start is not None
    origin = design.window_start
    numbers = range(-DAYS_BEFORE, design.window_days)
    days = {n: _Day(origin + timedelta(days=n), Pool(design.capacity)) for n in numbers}

    def pool_at(received: datetime) -> Pool | None:
        day = days.get((received - origin) // timedelta(days=1))
        return day.pool if day else None

    first = origin - timedelta(days=DAYS_BEFORE)
    after, until = numbers_of(first, origin + timedelta(days=design.window_days))
    replay(trial, after, until, pool_at, progress)
    for day in days.values():
        day.close()
    return _Window([days[n] for n in numbers if n < 0], [days[n] for n in numbers if n >= 0])


def _refusal(window: _Window, design: Design) -> tuple[Outcome, str]:
    """Say why nothing can be compared, and how the trial ends; nothing where it can be."""
    days = window.days
    listings = sum(day.pool.listings for day in days)
    if sum(day.pool.unscored for day in days) > listings / 100:
        statement = "Reject: the candidate gives no valid score for more than 1 % of the listings."
        return Outcome.REJECT, statement
    if max((day.pool.spread for day in days), default=0.0) == 0:
        return Outcome.REJECT, "Reject: the candidate gives every listing the same score."
    if not any(day.differing for day in days):
        statement = "Reject: both models list the same listings on every day of the window."
        return Outcome.REJECT, statement
    only = sum(day.listed for day in days)
    known = len(window.known(days))
    if design.mode == "reuse" and known < LEAST_KNOWN * only:
        statement = (
            f"Undecided: of {only} listings that only the champion lists, {known} have a label, "
            "too few to stand for all. Run the back-test with mode fresh."
        )
        return Outcome.UNDECIDED, statement
    return Outcome.UNDECIDED, ""


def _write(trial: Trial, design: Design, window: _Window) -> None:
    rounds = [_round(trial, day, design.capacity) for day in window.days]
    random = np.random.default_rng(design.seed)
    reuse = design.mode == "reuse"
    steps = _reuse_steps(window, random) if reuse else _pair_steps(window, random)
    items = []
    for number, step in enumerate(steps, 1):
        day = window.days[step.day]
        sides = (
            (Role.CANDIDATE, (step.candidate,), day.candidate),
            (Role.CHAMPION, step.champion, day.champion),
        )
        items += [
            TrialItem(
                trial=trial,
                round=rounds[step.day],
                step=number,
                role=role,
                rank=ranked.index(version) + 1,
                listing_version_id=None if version == EMPTY else version,
                known_label=window.labels.get(version),
            )
            for role, versions, ranked in sides
            for version in versions
        ]
    asked = {item.listing_version_id for item in items if item.listing_version_id is not None}
    bring_back(asked, f"trial {trial.pk} asks about it")
    rechecks = _rechecks(trial, design, items, random) if reuse else []
    TrialItem.objects.bulk_create([*items, *rechecks], batch_size=1_000)
    body = Prepared(
        steps=len(steps),
        listings=sum(day.pool.listings for day in window.days),
        differing=float(np.mean([day.differing for day in window.days])),
        known=len(window.known(window.days)),
        rechecks=len(rechecks),
        prior=_prior(window),
    )
    events.record(trial, body, events.TRIALS)


def _prior(window: _Window) -> tuple[float, float]:
    """Count violations and others before the window, empty places by the share that is known."""
    hits, misses = PRIOR
    for day in window.before:
        known = window.known([day])
        violations = sum(window.labels[version] for version in known)
        share = len(known) / day.listed if day.listed else 1.0
        hits += violations
        misses += len(known) - violations + share * (day.differing - day.listed)
    return hits, misses


def _reuse_steps(window: _Window, random: np.random.Generator) -> list[Scheduled]:
    champion = {
        number: known_places(window.known([day]), day.listed, day.champion[day.listed :], random)
        for number, day in enumerate(window.days)
    }
    candidate = {number: day.candidate for number, day in enumerate(window.days)}
    return reuse_schedule(champion, candidate, random)


def _pair_steps(window: _Window, random: np.random.Generator) -> list[Scheduled]:
    pairs = {
        number: list(zip(day.champion, day.candidate, strict=True))
        for number, day in enumerate(window.days)
    }
    return pair_schedule(pairs, random)


def _rechecks(
    trial: Trial, design: Design, items: list[TrialItem], random: np.random.Generator
) -> list[TrialItem]:
    """Draw old labels of the champion's that are asked for again, blind, one beside each step.

    Old violations of the sample come first: a rejection must wait for some of them.
    """
    known = [
        item
        for item in items
        if item.role == Role.CHAMPION
        and item.known_label is not None
        and item.listing_version_id is not None
    ]
    versions = [item.listing_version_id for item in known]
    taken = Alert.objects.filter(
        topic=trial.topic, purpose=Purpose.TRIAL, listing_version_id__in=versions
    )
    asked_before = set(taken.values_list("listing_version_id", flat=True))
    known = [item for item in known if item.listing_version_id not in asked_before]
    drawn = [known[i] for i in random.permutation(len(known))[: design.recheck].tolist()]
    drawn.sort(key=lambda item: item.known_label != 1)
    return [
        TrialItem(
            trial=trial,
            round=item.round,
            step=number,
            role=Role.RECHECK,
            rank=item.rank,
            listing_version_id=item.listing_version_id,
            known_label=item.known_label,
        )
        for number, item in enumerate(drawn, 1)
    ]


def _round(trial: Trial, day: _Day, capacity: int) -> TrialRound:
    return TrialRound.objects.create(
        trial=trial,
        start=day.start,
        end=day.start + timedelta(days=1),
        listings=day.pool.listings,
        shared=day.shared,
        differing=day.differing,
        capacity=capacity,
    )
