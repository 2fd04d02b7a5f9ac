"""Putting a trial's items before moderators: in order, within the capacity, unrecognisable."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.utils import timezone

from mimawari.service.intake.chain import scores_by_topic
from mimawari.service.intake.models import Score
from mimawari.service.release import events
from mimawari.service.release.design import design_of
from mimawari.service.release.labels import standing
from mimawari.service.release.models import Kind, Role, TrialItem
from mimawari.service.review.models import Alert, AlertState, Purpose, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mimawari.service.release.models import Trial

# Decisions of one moderator, all alike, from which a run of chance is ruled out.
LEAST_ALIKE = 30


def deal(trial: Trial, now: datetime) -> int:
    """Open alerts for the next steps, within the transaction that holds the trial's row.

    A back-test asks for at most ``reviews_per_day``; an experiment's rounds have shared out the
    day's capacity already. Gives the number of items dealt.
    """
    design = design_of(trial)
    waiting = TrialItem.objects.filter(trial=trial, alert=None, known_label=None)
    rechecks = TrialItem.objects.filter(trial=trial, alert=None, role=Role.RECHECK)
    items = list((waiting | rechecks).order_by("step", "role", "pk")[: 4 * design.reviews_per_day]
                 if trial.kind == Kind.BACKTEST else waiting.order_by("step", "pk"))  # fmt: skip
    budget = _budget(trial, design.reviews_per_day, now) if trial.kind == Kind.BACKTEST else None
    chosen: list[TrialItem] = []
    for step in _by_step(items):
        if budget is not None and len(chosen) + len(step) > budget:
            break
        chosen += step
    _open(trial, chosen, now)
    return len(chosen)


def _by_step(items: Sequence[TrialItem]) -> list[list[TrialItem]]:
    steps: dict[int, list[TrialItem]] = {}
    for item in items:
        steps.setdefault(item.step, []).append(item)
    return list(steps.values())


def _budget(trial: Trial, a_day: int, now: datetime) -> int:
    """Give what the trial may still ask for today, and the topic's moderators can do."""
    today = Alert.objects.filter(topic=trial.topic, day=now.date())
    mine = today.filter(trial_items__trial=trial, purpose=Purpose.TRIAL).distinct().count()
    decided = today.filter(state=AlertState.DECIDED).count()
    fixed = today.filter(state=AlertState.OPEN).exclude(purpose=Purpose.TOP_K).count()
    capacity = design_of(trial).capacity
    return max(0, min(a_day - mine, capacity - decided - fixed))


def _open(trial: Trial, items: Sequence[TrialItem], now: datetime) -> None:
    """Open an alert for each item, or take over one that another trial had."""
    versions = {item.listing_version_id for item in items}
    there = Alert.objects.filter(
        topic=trial.topic, purpose=Purpose.TRIAL, listing_version_id__in=versions
    )
    known = {alert.listing_version_id: alert for alert in there}
    priorities = _priorities(trial.topic, now)
    scores = _scores(trial.topic, versions)
    draw = random.SystemRandom()
    for item in items:
        version = item.listing_version_id
        alert = known.get(version)
        if alert is None:
            own = scores.get(version, 0.0)
            alert = known[version] = Alert.objects.create(
                listing_version_id=version,
                topic=trial.topic,
                day=now.date(),
                purpose=Purpose.TRIAL,
                score=own,
                priority=draw.choice(priorities) if priorities else draw.random(),
                created_at=now,
            )
        elif alert.state in (AlertState.EXPIRED, AlertState.DISPLACED, AlertState.SUPERSEDED):
            alert.state, alert.day = AlertState.OPEN, now.date()
            alert.save(update_fields=("state", "day"))
        item.alert = alert
    TrialItem.objects.bulk_update(items, ["alert"])


def _priorities(topic: str, now: datetime) -> list[float]:
    """Give the priorities of the day's ordinary alerts: an item among them looks like one."""
    ordinary = Alert.objects.filter(topic=topic, day=now.date(), purpose=Purpose.TOP_K)
    return list(ordinary.values_list("priority", flat=True)[:1_000])


def _scores(topic: str, versions: set[int]) -> dict[int, float]:
    rows = Score.objects.filter(listing_version_id__in=versions).select_related("generation")
    found = {}
    for row in rows:
        told = scores_by_topic(row).get(topic, {})
        found[row.listing_version_id] = float(told.get("score") or 0.0)
    return found


def ask_again(trial: Trial, now: datetime) -> int:
    """Give items that nobody could tell, or that a flagged moderator decided, to another one.

    Each is asked for once more; what cannot be told then either is missing, and the worst case
    counts. Gives the number asked for again.
    """
    asked = TrialItem.objects.filter(trial=trial, alert__state=AlertState.DECIDED)
    asked = asked.filter(alert__purpose=Purpose.TRIAL).select_related("alert")
    said = standing([item.alert_id for item in asked if item.alert_id is not None])
    suspects = flagged(trial, said)
    again = 0
    for item in asked:
        verdict, moderator = said.get(item.alert_id or 0, ("", 0))
        if not verdict or (verdict != Verdict.CANNOT_TELL and moderator not in suspects):
            continue
        if not _others(moderator, suspects):
            continue
        first = item.alert
        assert first is not None
        second, _ = Alert.objects.get_or_create(
            listing_version_id=item.listing_version_id,
            topic=trial.topic,
            purpose=Purpose.SECOND,
            defaults={
                "day": now.date(),
                "score": first.score,
                "priority": first.priority,
                "not_for_id": moderator,
                "created_at": timezone.now(),
            },
        )
        item.alert = second
        item.save(update_fields=("alert",))
        again += 1
    return again


def _others(moderator: int, suspects: set[int]) -> bool:
    """Whether there is another moderator to ask."""
    active = get_user_model().objects.filter(is_active=True).exclude(pk__in={moderator, *suspects})
    return active.exists()


def flagged(trial: Trial, said: dict[int, tuple[str, int]]) -> set[int]:
    """Find moderators who gave one answer only, where others' answers rule out chance.

    With n decisions alike of which others give a share p another way, ``(1 - p)^n < 0.001``.
    """
    counts: dict[int, list[int]] = {}
    for verdict, moderator in said.values():
        if verdict in (Verdict.VIOLATES, Verdict.DOES_NOT_VIOLATE):
            counts.setdefault(moderator, [0, 0])[verdict == Verdict.VIOLATES] += 1
    found = set()
    for moderator, (no, yes) in counts.items():
        others = [c for who, c in counts.items() if who != moderator]
        theirs = sum(map(sum, others))
        if min(no, yes) or no + yes < LEAST_ALIKE or theirs < LEAST_ALIKE:
            continue
        other_way = sum(c[0] if yes else c[1] for c in others) / theirs
        if (1 - other_way) ** (no + yes) < 0.001:
            found.add(moderator)
    already = set(events.last(trial, "moderators_flagged").get("moderators", []))
    if found - already:
        body = {"moderators": sorted(found | already)}
        events.record(trial, "moderators_flagged", events.STEWARD, body, sealed=True)
    return found
