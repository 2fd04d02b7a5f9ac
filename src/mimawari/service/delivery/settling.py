"""Writes down what became of tries: receipts, when to try again, and dead letters."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from mimawari.service.delivery.endpoints import switch
from mimawari.service.delivery.event_kinds import RELAY
from mimawari.service.delivery.models import Delivery, DeliveryState, Endpoint, Receipt
from mimawari.service.delivery.schedule import MOST_ATTEMPTS, REST_AFTER, pause, rest
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
            if leased.outgoing is None:
                mine.delete()
            elif attempt.delivered:
                mine.delete()
                _note_success(endpoint, now)
            else:
                _retry(mine, leased, attempt, now, draw())
                _note_failure(endpoint, attempt, now, draw())


def _receipt(leased: Leased, attempt: Attempt, now: datetime) -> Receipt:
    return Receipt(
        endpoint_id=leased.endpoint,
        sequence=leased.sequence,
        order_key=leased.order_key,
        attempt=leased.attempts + 1,
        at=now,
        seconds=round(attempt.seconds, 4),
        delivered=attempt.delivered,
        status=attempt.status,
        problem=attempt.problem,
        answer=attempt.answer,
    )


def _retry(
    mine: QuerySet[Delivery], leased: Leased, attempt: Attempt, now: datetime, drawn: float
) -> None:
    """Set when a delivery is tried again; after the last try it is a dead letter."""
    attempts = leased.attempts + 1
    dead = attempts >= MOST_ATTEMPTS
    mine.update(
        attempts=attempts,
        problem=attempt.problem,
        state=DeliveryState.DEAD if dead else DeliveryState.WAITING,
        due_at=now + timedelta(seconds=pause(attempts, drawn, attempt.retry_after)),
        lease="",
        leased_until=None,
    )


def _note_success(endpoint: Endpoint, now: datetime) -> None:
    """Forget failures; what waited because the endpoint was away is due at once."""
    if not endpoint.failures:
        return
    if endpoint.failures >= REST_AFTER:
        waiting = endpoint.deliveries.filter(state=DeliveryState.WAITING, due_at__gt=now)
        waiting.update(due_at=now)
    endpoint.failures = 0
    endpoint.failing_since = endpoint.resting_until = None
    endpoint.save(update_fields=("failures", "failing_since", "resting_until"))


def _note_failure(endpoint: Endpoint, attempt: Attempt, now: datetime, drawn: float) -> None:
    """Count a failure; an endpoint that keeps failing rests, and one that is gone is disabled."""
    if attempt.status == GONE:
        switch(endpoint, False, RELAY, "answered 410: it is gone")
        return
    endpoint.failures += 1
    endpoint.failing_since = endpoint.failing_since or now
    endpoint.resting_until = now + timedelta(seconds=rest(endpoint.failures, drawn))
    endpoint.save(update_fields=("failures", "failing_since", "resting_until"))
