"""An experiment's rounds: what arrived is listed by both models, and the capacity shared out."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
from django.db import transaction

from mimawari.alerts.interleaving import Mode, plan_round
from mimawari.service.admission.lists import lock_list
from mimawari.service.admission.models import Alert, Purpose
from mimawari.service.scoring.models import Candidate, CandidateState
from mimawari.service.trials import capacity, events
from mimawari.service.trials.assigning import carry_over, open_items
from mimawari.service.trials.deployed import leave
from mimawari.service.trials.design import Design, design_of
from mimawari.service.trials.event_bodies import HandedOver
from mimawari.service.trials.models import Kind, Role, Trial, TrialItem, TrialRound, TrialState
from mimawari.service.trials.pool import EMPTY
from mimawari.service.trials.round_pool import count_scored, round_pool, scored_up_to

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from mimawari.alerts.disagreement import Lists
    from mimawari.alerts.interleaving import RoundPlan
    from mimawari.service.trials.pool import Pool

DAY_MINUTES = 1_440.0
# A clock that is corrected by less is waited for.
SET_BACK = timedelta(minutes=1)


def close_due(trial: Trial, now: datetime) -> bool:
    """Close the round that is over, if one is; gives whether. Does nothing twice.

    A round takes in the candidates that wait for it: whatever clocks do and however long the
    server was down, each is in one round. Where the clock was set back nobody knows how long the
    last one is ago: a round is due at once, and the next one by the clock as it goes then.
    """
    design = design_of(trial)
    begins = start, after = _begins(trial, design)
    length = timedelta(minutes=design.round_minutes)
    set_back = now < start - SET_BACK
    if set_back:
        start, k = now - length, max(1, int(design.capacity * (length / timedelta(days=1))))
    else:
        k = _share(design.capacity, trial.created_at, start, now)
    if now < start + length or k < 1:
        return False
    until = max(after, scored_up_to())
    pool, taken = round_pool(trial, k)
    with transaction.atomic():
        current = Trial.objects.select_for_update().get(pk=trial.pk)
        if current.state != TrialState.RUNNING or _begins(current, design) != begins:
            return False
        lock_list(trial.topic, now.date(), wait=True)
        if set_back and not capacity.room(trial.topic, now, displacing=False):
            return False  # the clock repeats a day whose reviews are spent: what waits goes on
        carry_over(current, now, capacity.room(trial.topic, now, displacing=False))
        split = Mode(design.mode) == Mode.SPLIT
        lists = pool.lists(max(1, k // 2) if split else k)
        plan = _planned(current, design, lists, min(k, capacity.room(trial.topic, now, False)))
        written = TrialRound.objects.create(
            trial=current,
            start=_unused(current, start),
            end=now,
            last_version=until,
            listings=count_scored(after, until),
            shared=len(lists.shared),
            differing=lists.differing,
            capacity=k,
        )
        _open(written, pool, lists, plan, now)
        _settle(taken, [pool.versions[row] for row in (*plan.shared, *plan.others)])
    return True


def _planned(trial: Trial, design: Design, lists: Lists, budget: int) -> RoundPlan:
    """Share the reviews of a round out; what is left goes to the list that is in force."""
    random = np.random.default_rng([design.seed, trial.rounds.count()])
    plan = plan_round(lists, budget, random, Mode(design.mode), design.share)
    force = lists.candidate_only if trial.kind == Kind.GUARD else lists.champion_only
    return fill_up(within(plan, budget), (*lists.shared, *force), budget)


def _open(written: TrialRound, pool: Pool, lists: Lists, plan: RoundPlan, now: datetime) -> None:
    """Put before moderators what a round is to have judged."""
    trial = written.trial
    scores = pool.candidate if trial.kind == Kind.GUARD else pool.champion
    _open_ordinary(trial, pool, (*plan.shared, *plan.others), scores, now)
    _open_pairs(trial, written, pool, lists, plan.pairs, now)


def _settle(taken: Sequence[int], listed: Sequence[int]) -> None:
    """Say of each candidate of a round whether it came on the list."""
    Candidate.objects.filter(pk__in=taken).update(state=CandidateState.REFUSED)
    Candidate.objects.filter(pk__in=taken, listing_version_id__in=listed).update(
        state=CandidateState.ADMITTED
    )


def next_round(trial: Trial) -> datetime:
    """Give the time at which the next round is due, while clocks go forward."""
    design = design_of(trial)
    return _begins(trial, design)[0] + timedelta(minutes=design.round_minutes)


def _begins(trial: Trial, design: Design) -> tuple[datetime, int]:
    """Give the time and the version after which the next round begins."""
    last = TrialRound.objects.filter(trial=trial).order_by("-pk").first()
    if last is None:
        return trial.created_at, design.after_version
    return last.end, last.last_version or 0


def _unused(trial: Trial, start: datetime) -> datetime:
    """Give a start that no round of the trial has: a clock that goes back repeats some."""
    while trial.rounds.filter(start=start).exists():
        start += timedelta(microseconds=1)
    return start


def _share(capacity: int, origin: datetime, start: datetime, end: datetime) -> int:
    """Give a stretch's part of the daily capacity, so that a day's parts make up the whole.

    Examples
    --------
    >>> from datetime import datetime, timedelta
    >>> t = datetime(2026, 1, 1)
    >>> [_share(5, t, t + timedelta(hours=h), t + timedelta(hours=h + 6)) for h in (0, 6, 12, 18)]
    [1, 1, 1, 2]
    """
    first, last = (
        math.floor(capacity * ((at - origin).total_seconds() / 60 / DAY_MINUTES) + 1e-9)
        for at in (start, end)
    )
    return max(0, min(capacity, last - first))


def reviews_of(plan: RoundPlan) -> int:
    """Count the reviews of a plan: empty places take none."""
    rows = (*plan.shared, *plan.others, *(row for pair in plan.pairs for row in pair))
    return sum(row != EMPTY for row in rows)


def within(plan: RoundPlan, budget: int) -> RoundPlan:
    """Cut a plan to the reviews that are left, its pairs last: they carry the evidence.

    Pairs come in random order, so that leaving out the last ones chooses none.

    Examples
    --------
    >>> from mimawari.alerts.interleaving import RoundPlan
    >>> within(RoundPlan((1, 2), ((3, 4), (5, 6)), (7,)), 5)
    RoundPlan(shared=(1,), pairs=((3, 4), (5, 6)), others=())
    >>> within(RoundPlan((1, 2), ((3, 4), (5, 6))), 3)
    RoundPlan(shared=(), pairs=((3, 4),), others=())
    """
    plan = replace(plan, others=tuple(row for row in plan.others if row != EMPTY))
    for part in ("others", "shared", "pairs"):
        while getattr(plan, part) and reviews_of(plan) > budget:
            plan = replace(plan, **{part: getattr(plan, part)[:-1]})
    return plan


def fill_up(plan: RoundPlan, best: Sequence[int], budget: int) -> RoundPlan:
    """Spend what lists shorter than the capacity leave over on the rest of the model in force.

    These reviews tell nothing of the trial; without them it would cost violations.

    Examples
    --------
    >>> from mimawari.alerts.interleaving import RoundPlan
    >>> fill_up(RoundPlan((1,), ((2, EMPTY),)), (1, 2, 5, 6), 3).others
    (5,)
    """
    planned = {*plan.shared, *plan.others, *(row for pair in plan.pairs for row in pair), EMPTY}
    rest = [row for row in best if row not in planned]
    return replace(plan, others=(*plan.others, *rest[: max(0, budget - reviews_of(plan))]))


def _open_ordinary(
    trial: Trial,
    pool: Pool,
    rows: Sequence[int],
    scores: NDArray[np.floating],
    now: datetime,
) -> None:
    """Open alerts as the worker would, for what the model in force lists.

    What chance chose for exploration before is on the list now too, and judged once.
    """
    versions = [pool.versions[row] for row in rows]
    explored = Alert.objects.filter(
        topic=trial.topic, listing_version_id__in=versions, purpose=Purpose.EXPLORATION
    )
    there = set(explored.values_list("listing_version_id", flat=True))
    explored.update(purpose=Purpose.TOP_K)
    Alert.objects.bulk_create(
        [
            Alert(
                listing_version_id=pool.versions[row],
                topic=trial.topic,
                day=now.date(),
                purpose=Purpose.TOP_K,
                score=float(np.nan_to_num(scores[row])),
                priority=float(np.nan_to_num(scores[row])),
                created_at=now,
            )
            for row in rows
            if pool.versions[row] not in there
        ],
        ignore_conflicts=True,
    )


def _open_pairs(
    trial: Trial,
    of_round: TrialRound,
    pool: Pool,
    lists: Lists,
    pairs: Sequence[tuple[int, int]],
    now: datetime,
) -> None:
    last = TrialItem.objects.filter(trial=trial).order_by("-step").first()
    ranks = {pair: j for j, pair in enumerate(_matched(lists), 1)}
    items = [
        TrialItem(
            trial=trial,
            round=of_round,
            step=step,
            role=role,
            rank=ranks[pair],
            listing_version_id=pool.version(row),
            known_label=0 if row == EMPTY else None,
        )
        for step, pair in enumerate(pairs, last.step + 1 if last else 1)
        for role, row in zip((Role.CHAMPION, Role.CANDIDATE), pair, strict=True)
    ]
    TrialItem.objects.bulk_create(items)
    mine = TrialItem.objects.filter(trial=trial, round=of_round, known_label=None)
    open_items(trial, list(mine.order_by("pk")), now)


def _matched(lists: Lists) -> list[tuple[int, int]]:
    """Give the pairs of equal rank where the lists differ."""
    return list(zip(lists.champion_only, lists.candidate_only, strict=True))


def hand_over(trial: Trial, now: datetime) -> None:
    """After the end, let the running top K make the topic's lists again; only once.

    From then on admitters merge what waits for a round that will not come.
    """
    with transaction.atomic():
        current = Trial.objects.select_for_update().get(pk=trial.pk)
        if events.last(current, HandedOver):
            return
        waiting = Candidate.objects.filter(topic=trial.topic, state=CandidateState.IN_ROUND)
        body = HandedOver(candidates=waiting.count())
        leave(current, events.TRIALS)
        events.record(current, body, events.TRIALS)
