"""An experiment's rounds: what arrived is listed by both models, and the capacity shared out."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
from django.db import transaction

from mimawari.alerts.interleaving import Mode, plan_round
from mimawari.service.release.design import Design, design_of
from mimawari.service.release.models import Role, Trial, TrialItem, TrialRound, TrialState
from mimawari.service.release.replay import Replayed, replay, suite_with
from mimawari.service.review.models import Alert, Purpose

if TYPE_CHECKING:
    from datetime import datetime

    from mimawari.alerts.interleaving import RoundPlan

MOST_ROUNDS = 24


def close_due(trial: Trial, now: datetime) -> int:
    """Close the rounds that are over; gives how many. Does nothing twice."""
    design, closed = design_of(trial), 0
    suites = None
    for _ in range(MOST_ROUNDS):
        start = _next_start(trial)
        end = start + timedelta(minutes=design.round_minutes)
        if end > now or _waiting(end):
            break
        suites = suites or (suite_with(trial, trial.champion), suite_with(trial, trial.candidate))
        found = replay(trial, suites, start, end)
        closed += _write(trial, design, found, start, end, now)
    return closed


def _next_start(trial: Trial) -> datetime:
    last = TrialRound.objects.filter(trial=trial).order_by("-end").first()
    return last.end if last else trial.created_at


def _waiting(end: datetime) -> bool:
    """Whether a listing of the round is still to be scored by the worker."""
    from mimawari.service.intake.models import ListingVersion, State

    return ListingVersion.objects.filter(state=State.PENDING, received_at__lt=end).exists()


def _write(
    trial: Trial, design: Design, found: Replayed, start: datetime, end: datetime, now: datetime
) -> int:
    with transaction.atomic():
        current = Trial.objects.select_for_update().get(pk=trial.pk)
        if current.state != TrialState.RUNNING or _next_start(current) != start:
            return 0
        capacity = _capacity(current, design, start, end)
        random = np.random.default_rng([design.seed, current.rounds.count()])
        mode = Mode(design.mode)
        listed = design.capacity * design.round_minutes / 1440
        k = max(1, _whole(listed, random))
        lists = found.lists(max(1, k // 2) if mode == Mode.SPLIT else k)
        plan = plan_round(lists, min(k, capacity), random, mode, design.share)
        if plan.reviews > capacity:  # the odd pair of a day that has no review left
            plan = plan_round(lists, max(0, capacity - 1), random, mode, design.share)
        written = TrialRound.objects.create(
            trial=current,
            start=start,
            end=end,
            listings=found.listings,
            shared=len(lists.shared),
            differing=lists.differing,
            capacity=k,
        )
        _alerts(current, found, plan, now)
        _items(current, written, found, plan)
    return 1


def _whole(amount: float, random: np.random.Generator) -> int:
    """Round at random, so that rounds hold the amount on average."""
    return int(amount + random.random())


def _capacity(trial: Trial, design: Design, start: datetime, end: datetime) -> int:
    """Give what is left of the day's capacity, shared out over its rounds."""
    since = end.replace(hour=0, minute=0, second=0, microsecond=0)
    del start
    spent = Alert.objects.filter(topic=trial.topic, created_at__gte=since).exclude(
        state__in=("displaced", "superseded", "expired")
    )
    return max(0, design.capacity - spent.count())


def _alerts(trial: Trial, found: Replayed, plan: RoundPlan, now: datetime) -> None:
    """Open the alerts of what both list, and of the rest that tells nothing."""
    rows = (*plan.shared, *plan.others)
    Alert.objects.bulk_create(
        [
            Alert(
                listing_version_id=found.versions[row],
                topic=trial.topic,
                day=now.date(),
                purpose=Purpose.TOP_K,
                score=_number(found.champion[row]),
                priority=_number(found.champion[row]),
                created_at=now,
            )
            for row in rows
        ],
        ignore_conflicts=True,
    )


def _number(score: np.float32) -> float:
    return 0.0 if np.isnan(score) else float(score)


def _items(trial: Trial, of_round: TrialRound, found: Replayed, plan: RoundPlan) -> None:
    last = TrialItem.objects.filter(trial=trial).order_by("-step").first()
    first = last.step + 1 if last else 1
    items = []
    for step, pair in enumerate(plan.pairs, first):
        for role, row in zip((Role.CHAMPION, Role.CANDIDATE), pair, strict=True):
            items.append(
                TrialItem(
                    trial=trial,
                    round=of_round,
                    step=step,
                    role=role,
                    rank=0,
                    listing_version_id=found.versions[row],
                )
            )
    TrialItem.objects.bulk_create(items, ignore_conflicts=True)
