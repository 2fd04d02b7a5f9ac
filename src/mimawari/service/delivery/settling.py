"""Writes down what became of tries: receipts, when to try again, and dead letters."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from mimawari.service.delivery.endpoints import switch
from mimawari.service.delivery.event_kinds import RELAY
from mimawari.service.delivery.models import Delivery, DeliveryState, Endpoint, Receipt
from mimawari.service.delivery.schedule import (
    AWAY_AFTER,
    DISABLED_AFTER,
    MOST_ATTEMPTS,
    pause,
    rest,
)
from mimawari.service.delivery.sender import GONE, Attempt
from mimawari.service.platform import clock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from django.db.models import QuerySet

    from mimawari.service.delivery.leasing import Leased

    Draw = Callable[[], float]
    """Gives a number from 0 to 1 by chance."""


def settle(outcomes: Sequence[tuple[Leased, Attempt]], draw: Draw) -> None:
    """Write what became of tries, in one transaction.

    What another relay took over after the lease ran out stays as it is; the receipt is kept.
    """
    now = clock.database_now()
    with transaction.atomic():
        numbers = {leased.endpoint for leased, _ in outcomes}
        locked = Endpoint.objects.select_for_update().filter(pk__in=numbers).order_by("pk")
        endpoints = {endpoint.pk: endpoint for endpoint in locked}
        Receipt.objects.bulk_create(
            _receipt(leased, attempt, now)
            for leased, attempt in outcomes
            if leased.outgoing is not None
        )
        for leased, attempt in outcomes:
            endpoint = endpoints[leased.endpoint]
            mine = Delivery.objects.filter(pk=leased.id, lease=leased.lease)
            if attempt.delivered or leased.outgoing is None:
                mine.delete()
            else:
                _retry(mine, leased, attempt, endpoint.failures >= AWAY_AFTER, now, draw())
            if leased.outgoing is not None:
                _note(endpoint, attempt, now, draw())


def _receipt(leased: Leased, attempt: Attempt, now: datetime) -> Receipt:
    return Receipt(
        endpoint_id=leased.endpoint,
        sequence=leased.sequence,
        order_key=leased.order_key,
        at=now,
        seconds=round(attempt.seconds, 4),
        delivered=attempt.delivered,
        status=attempt.status,
        problem=attempt.problem,
        answer=attempt.answer,
    )


def _retry(
    mine: QuerySet[Delivery],
    leased: Leased,
    attempt: Attempt,
    away: bool,
    now: datetime,
    drawn: float,
) -> None:
    """Set when a delivery is tried again; after its last try it is a dead letter.

    Parameters
    ----------
    away
        The endpoint takes nothing at all: that is no fault of this event.
    """
    attempts = leased.attempts + (0 if away and not attempt.refuses_the_event else 1)
    dead = attempts >= MOST_ATTEMPTS
    mine.update(
        attempts=attempts,
        problem=attempt.problem,
        state=DeliveryState.DEAD if dead else DeliveryState.WAITING,
        due_at=now + timedelta(seconds=pause(max(attempts, 1), drawn)),
        lease="",
        leased_until=None,
    )


def _note(endpoint: Endpoint, attempt: Attempt, now: datetime, drawn: float) -> None:
    """Note how the endpoint fares."""
    if attempt.status == GONE:
        switch(endpoint, False, RELAY, "answered 410: it is gone")
    elif attempt.delivered or attempt.refuses_the_event:
        _note_well(endpoint, now)
    elif endpoint.resting_until is None or endpoint.resting_until <= now:  # of several at once, one
        _note_failure(endpoint, attempt, now, drawn)


def _note_well(endpoint: Endpoint, now: datetime) -> None:
    """Forget failures; what waited because the endpoint was away is due at once."""
    if not endpoint.failures:
        return
    if endpoint.failures >= AWAY_AFTER:
        waiting = endpoint.deliveries.filter(state=DeliveryState.WAITING, due_at__gt=now)
        waiting.update(due_at=now)
    endpoint.failures = 0
    endpoint.failing_since = endpoint.resting_until = None
    endpoint.save(update_fields=("failures", "failing_since", "resting_until"))


def _note_failure(endpoint: Endpoint, attempt: Attempt, now: datetime, drawn: float) -> None:
    """Let an endpoint rest; one that fails for days is disabled."""
    endpoint.failures += 1
    endpoint.failing_since = endpoint.failing_since or now
    if now - endpoint.failing_since > DISABLED_AFTER:
        days = DISABLED_AFTER.days
        switch(endpoint, False, RELAY, f"failed for {days} days: {attempt.problem}")
        return
    seconds = rest(endpoint.failures, drawn, attempt.retry_after)
    endpoint.resting_until = now + timedelta(seconds=seconds)
    endpoint.save(update_fields=("failures", "failing_since", "resting_until"))
