"""Putting a trial's items before moderators: in order, within the capacity, unrecognisable."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from django.db.models import Min, Q

from mimawari.service.admission.lists import lock_list
from mimawari.service.admission.models import Alert, AlertState, Purpose
from mimawari.service.scoring.columns import scores_by_topic
from mimawari.service.scoring.models import Score
from mimawari.service.trials import capacity
from mimawari.service.trials.design import design_of
from mimawari.service.trials.models import Kind, Role, TrialItem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from django.db.models import QuerySet

    from mimawari.service.trials.models import Trial

CLOSED = (
    AlertState.EXPIRED,
    AlertState.DISPLACED,
    AlertState.SUPERSEDED,
    AlertState.ENDED,
    AlertState.SPARED,
)


def assign(trial: Trial, again: Mapping[int, int], reviews: int, now: datetime) -> int:
    """Put before moderators what is due, within the transaction that holds the trial's row.

    First what was left over from earlier days, then what another moderator is to be asked
    about, then the next steps. A back-test asks for at most ``reviews_per_day``; an
    experiment's pairs were opened with their round. Gives the number of items dealt.
    """
    lock_list(trial.topic, now.date(), wait=True)
    budget = _budget(trial, now)
    budget -= carry_over(trial, now, budget)
    budget -= _ask_again(trial, again, now, budget)
    if trial.kind != Kind.BACKTEST:
        return 0
    budget = min(budget, design_of(trial).most_reviews - reviews - waiting_alerts(trial).count())
    chosen = _next(trial, budget)
    open_items(trial, chosen, now)
    return len(chosen)


def waiting_alerts(trial: Trial) -> QuerySet[Alert]:
    """Give the trial's alerts that wait, those of other days too."""
    mine = TrialItem.objects.filter(trial=trial).exclude(alert=None).values("alert_id")
    return Alert.objects.filter(pk__in=mine, state=AlertState.OPEN)


def _budget(trial: Trial, now: datetime) -> int:
    """Give what the trial may still ask for today, and the topic's capacity holds."""
    left = capacity.room(trial.topic, now)
    if trial.kind != Kind.BACKTEST:
        return left
    mine = TrialItem.objects.filter(trial=trial, alert__day=now.date())
    asked = mine.values("alert_id").distinct().count()
    return max(0, min(left, design_of(trial).reviews_per_day - asked))


def carry_over(trial: Trial, now: datetime, budget: int) -> int:
    """Put what no moderator came to on an earlier day before them today, further up.

    Before anything new is asked for: later steps wait for the first open label.
    """
    free = Q(leased_until=None) | Q(leased_until__lte=now)
    left = waiting_alerts(trial).filter(free).exclude(day=now.date())
    ordered = left.annotate(step=Min("trial_items__step")).order_by("step", "pk")
    first = list(ordered.values_list("pk", flat=True)[: max(0, budget)])
    # Locked, and looked at once more: a moderator may have taken one meanwhile.
    held = Alert.objects.select_for_update(skip_locked=True).filter(free, state=AlertState.OPEN)
    return _move(trial, list(held.filter(pk__in=first)), now)


def _ask_again(trial: Trial, again: Mapping[int, int], now: datetime, budget: int) -> int:
    """Open items again for another moderator than the one who decided last."""
    decided = Alert.objects.select_for_update(skip_locked=True).filter(
        pk__in=list(again), state=AlertState.DECIDED
    )
    # An item judged today holds its place in today's capacity already.
    today = [alert for alert in decided if alert.day == now.date()]
    others = [alert for alert in decided if alert.day != now.date()][: max(0, budget)]
    for alert in (*today, *others):
        alert.not_for_id = again[alert.pk]
    _move(trial, [*today, *others], now)
    return len(others)


def _move(trial: Trial, alerts: Sequence[Alert], now: datetime) -> int:
    if not alerts:
        return 0
    capacity.make_room(trial.topic, sum(alert.day != now.date() for alert in alerts), now)
    upper = sorted(_priorities(trial.topic, now), reverse=True)
    draw = random.SystemRandom()
    for alert in alerts:
        alert.state, alert.day, alert.leased_by_id, alert.leased_until = (
            AlertState.OPEN,
            now.date(),
            None,
            None,
        )
        alert.priority = draw.choice(upper[: len(upper) // 2 + 1]) if upper else alert.priority
        alert.save()
    return len(alerts)


def next_due(trial: Trial) -> bool:
    """Whether items of the trial are still to be put before moderators."""
    return _not_asked(trial).exists()


def _not_asked(trial: Trial) -> QuerySet[TrialItem]:
    waiting = TrialItem.objects.filter(Q(known_label=None) | Q(role=Role.RECHECK))
    return waiting.filter(trial=trial, alert=None)


def _next(trial: Trial, budget: int) -> list[TrialItem]:
    """Give the items of the next steps; those of a pair together."""
    if budget <= 0:
        return []
    rows = _not_asked(trial).order_by("step", "role", "pk")[: budget + 1]
    parts: dict[tuple[int, int], list[TrialItem]] = {}
    pairs = design_of(trial).mode == "fresh"
    for item in rows:
        parts.setdefault((item.step, 0 if pairs else item.pk), []).append(item)
    chosen: list[TrialItem] = []
    for part in parts.values():
        if len(chosen) + len(part) > budget:
            break
        chosen += part
    return chosen


def open_items(trial: Trial, items: Sequence[TrialItem], now: datetime) -> None:
    """Open an alert for each item, or take over one that another trial had.

    In random order and with priorities of ordinary alerts: neither tells whose item it is.
    """
    if not items:
        return
    versions = {v for item in items if (v := item.listing_version_id) is not None}
    there = Alert.objects.filter(
        topic=trial.topic, purpose=Purpose.TRIAL, listing_version_id__in=versions
    )
    known = {alert.listing_version_id: alert for alert in there}
    capacity.make_room(trial.topic, len(versions - set(known)), now)
    priorities, scores = _priorities(trial.topic, now), _scores(trial.topic, versions)
    draw = random.SystemRandom()
    for item in draw.sample(list(items), len(items)):
        version = item.listing_version_id
        assert version is not None, "empty places are known, and never asked for"
        alert = known.get(version)
        if alert is None:
            alert = known[version] = Alert.objects.create(
                listing_version_id=version,
                topic=trial.topic,
                day=now.date(),
                purpose=Purpose.TRIAL,
                score=scores.get(version, 0.0),
                priority=draw.choice(priorities) if priorities else draw.random(),
                created_at=now,
            )
        elif alert.state in CLOSED:
            alert.state, alert.day = AlertState.OPEN, now.date()
            alert.save(update_fields=("state", "day"))
        item.alert = alert
    TrialItem.objects.bulk_update(items, ["alert"], batch_size=500)


def _priorities(topic: str, now: datetime) -> list[float]:
    """Give the priorities of the day's ordinary alerts, of those that wait where there are any."""
    ordinary = Alert.objects.filter(topic=topic, day=now.date(), purpose=Purpose.TOP_K)
    waiting = list(ordinary.filter(state=AlertState.OPEN).values_list("priority", flat=True))
    return waiting or list(ordinary.values_list("priority", flat=True))


def _scores(topic: str, versions: set[int]) -> dict[int, float]:
    rows = Score.objects.filter(listing_version_id__in=versions).select_related("generation")
    scores = {}
    for row in rows:
        score = scores_by_topic(row).get(topic)
        scores[row.listing_version_id] = score.score if score else 0.0
    return scores
