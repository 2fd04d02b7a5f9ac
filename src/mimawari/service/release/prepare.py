"""A back-test's items: what the window's lists differ in, in the order in which it is asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
from django.db import transaction

from mimawari.evaluation.blocks import PRIOR
from mimawari.evaluation.schedule import Scheduled, pair_schedule, reuse_schedule
from mimawari.service.release import events
from mimawari.service.release.design import Design, design_of
from mimawari.service.release.labels import known_labels
from mimawari.service.release.models import (
    Outcome,
    Role,
    Trial,
    TrialItem,
    TrialRound,
    TrialState,
)
from mimawari.service.release.replay import Replayed, replay, suite_with

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

# Days before the window whose labels start the estimate of the champion's rate.
DAYS_BEFORE = 5


@dataclass(slots=True)
class _Day:
    """One day's lists, as listing versions."""

    start: datetime
    listings: int
    shared: int
    champion: list[int]
    candidate: list[int]
    unscored: int = 0
    spread: float = 0.0


@dataclass(slots=True)
class _Window:
    days: list[_Day] = field(default_factory=list)
    before: list[_Day] = field(default_factory=list)


def prepare(trial: Trial, progress: Callable[[int], None] | None = None) -> None:
    """Replay the window, and write its rounds and items; does nothing a second time."""
    design = design_of(trial)
    window = _replay_window(trial, design, progress)
    refused = _refusal(window)
    with transaction.atomic():
        current = Trial.objects.select_for_update().get(pk=trial.pk)
        if current.state != TrialState.PREPARING:
            return
        if refused:
            events.end(current, Outcome.REJECT, events.STEWARD, {"statement": refused})
            return
        current.state = TrialState.RUNNING
        current.save(update_fields=("state",))
        if not _write(current, design, window):
            said = "No listing that only the champion lists has a label: run it with mode fresh."
            events.end(current, Outcome.UNDECIDED, events.STEWARD, {"statement": said})


def _replay_window(trial: Trial, design: Design, progress: Callable[[int], None] | None) -> _Window:
    assert design.window_start is not None
    suites = (suite_with(trial, trial.champion), suite_with(trial, trial.candidate))
    window = _Window()
    for number in range(-DAYS_BEFORE, design.window_days):
        start = design.window_start + timedelta(days=number)
        found = replay(trial, suites, start, start + timedelta(days=1), progress)
        day = _day(found, design.capacity, start)
        (window.before if number < 0 else window.days).append(day)
    return window


def _day(found: Replayed, capacity: int, start: datetime) -> _Day:
    lists = found.lists(capacity)
    return _Day(
        start,
        found.listings,
        len(lists.shared),
        [found.versions[row] for row in lists.champion_only],
        [found.versions[row] for row in lists.candidate_only],
        found.unscored,
        found.spread,
    )


def _refusal(window: _Window) -> str:
    """Say why nothing can be compared; nothing where it can."""
    listings = sum(day.listings for day in window.days)
    if sum(day.unscored for day in window.days) > listings / 100:
        return "Reject: the candidate gives no valid score for more than 1 % of the listings."
    if max((day.spread for day in window.days), default=0.0) == 0:
        return "Reject: the candidate gives every listing the same score."
    if not any(day.candidate for day in window.days):
        return "Reject: both models list the same listings on every day of the window."
    return ""


def _write(trial: Trial, design: Design, window: _Window) -> int:
    """Write rounds and items; gives the number of steps."""
    rounds = [_round(trial, day, design.capacity) for day in window.days]
    ranks = [_ranks(day) for day in window.days]
    random = np.random.default_rng(design.seed)
    labels: dict[int, int] = {}
    prior = PRIOR
    if design.mode == "reuse":
        everything = [one for day in (*window.before, *window.days) for one in day.champion]
        labels = known_labels(trial.topic, everything)
        steps = _reuse_steps(window, labels, random)
        prior = _prior(window, labels)
    else:
        steps = _pair_steps(window, random)
    items = []
    for number, step in enumerate(steps, 1):
        for role, versions in ((Role.CANDIDATE, (step.candidate,)), (Role.CHAMPION, step.champion)):
            for version in versions:
                known = labels.get(version) if role == Role.CHAMPION else None
                rank = ranks[step.day][version]
                items.append(_item(trial, rounds[step.day], number, role, rank, version, known))
    items += _rechecks(trial, design, items, random)
    TrialItem.objects.bulk_create(items, batch_size=1_000)
    differing = [min(len(day.champion), len(day.candidate)) for day in window.days]
    body = {
        "steps": len(steps),
        "differing": float(np.mean(differing)),
        "prior": list(prior),
        "known": len(labels),
        "listings": sum(day.listings for day in window.days),
    }
    events.record(trial, "prepared", events.STEWARD, body)
    return len(steps)


def _reuse_steps(
    window: _Window, labels: dict[int, int], random: np.random.Generator
) -> list[Scheduled]:
    champion = {
        number: [one for one in day.champion if one in labels]
        for number, day in enumerate(window.days)
    }
    candidate = {number: day.candidate for number, day in enumerate(window.days)}
    return reuse_schedule(champion, candidate, random)


def _pair_steps(window: _Window, random: np.random.Generator) -> list[Scheduled]:
    pairs = {
        number: list(zip(day.champion, day.candidate, strict=False))
        for number, day in enumerate(window.days)
    }
    return pair_schedule(pairs, random)


def _prior(window: _Window, labels: dict[int, int]) -> tuple[float, float]:
    """Start the champion's rate from the labels of the days before the window."""
    said = [labels[one] for day in window.before for one in day.champion if one in labels]
    return PRIOR[0] + sum(said), PRIOR[1] + len(said) - sum(said)


def _rechecks(
    trial: Trial, design: Design, items: list[TrialItem], random: np.random.Generator
) -> list[TrialItem]:
    """Draw old labels that are asked for again, blind, among the first steps."""
    known = [one for one in items if one.known_label is not None]
    if design.mode != "reuse" or not design.recheck or not known:
        return []
    drawn = random.permutation(len(known))[: design.recheck]
    chosen = [known[i] for i in drawn.tolist()]
    return [
        _item(
            trial,
            one.round,
            number,
            Role.RECHECK,
            one.rank,
            one.listing_version_id,
            one.known_label,
        )
        for number, one in enumerate(chosen, 1)
    ]


def _round(trial: Trial, day: _Day, capacity: int) -> TrialRound:
    return TrialRound.objects.create(
        trial=trial,
        start=day.start,
        end=day.start + timedelta(days=1),
        listings=day.listings,
        shared=day.shared,
        differing=min(len(day.champion), len(day.candidate)),
        capacity=capacity,
    )


def _ranks(day: _Day) -> dict[int, int]:
    ranks = {version: rank for rank, version in enumerate(day.champion, 1)}
    return ranks | {version: rank for rank, version in enumerate(day.candidate, 1)}


def _item(
    trial: Trial,
    of_round: TrialRound,
    step: int,
    role: Role,
    rank: int,
    version: int,
    known: int | None,
) -> TrialItem:
    return TrialItem(
        trial=trial,
        round=of_round,
        step=step,
        role=role,
        rank=rank,
        listing_version_id=version,
        known_label=known,
    )
