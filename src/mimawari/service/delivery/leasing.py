"""Deliveries that are due, leased: in order a listing, few at a time to one endpoint."""

from __future__ import annotations

import os
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from mimawari.service.delivery.bodies import Outgoing, bodies_of
from mimawari.service.delivery.models import Delivery, DeliveryState, Endpoint
from mimawari.service.delivery.schedule import AWAY_AFTER
from mimawari.service.delivery.sealed_events import at_places
from mimawari.service.platform import clock
from mimawari.service.platform.hosts import has_ended, here

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from django.db.models import QuerySet

PARALLEL = 4
"""Deliveries under way to one endpoint, of all relays."""
LEASE_SECONDS = 30.0
"""Longer than a try takes; what a relay had under way that was killed elsewhere is due after it."""


class Leased(msgspec.Struct, frozen=True):
    """A delivery that one relay may try until its lease runs out.

    Parameters
    ----------
    outgoing
        None where the event was erased since.
    """

    id: int
    endpoint: int
    url: str
    secrets: bytes
    sequence: int
    order_key: str
    attempts: int
    lease: str
    outgoing: Outgoing | None


def lease(endpoints: Iterable[Endpoint]) -> list[Leased]:
    """Take what is due for some endpoints."""
    leased = [pair for endpoint in endpoints for pair in _lease_of(endpoint)]
    if not leased:
        return []
    events = at_places({delivery.sequence for _, delivery in leased})
    bodies = {outgoing.sequence: outgoing for outgoing in bodies_of(events)}
    return [
        Leased(
            delivery.pk,
            endpoint.pk,
            endpoint.url,
            bytes(endpoint.secrets),
            delivery.sequence,
            delivery.order_key,
            delivery.attempts,
            delivery.lease,
            bodies.get(delivery.sequence),
        )
        for endpoint, delivery in leased
    ]


def _lease_of(endpoint: Endpoint) -> Iterator[tuple[Endpoint, Delivery]]:
    now = clock.database_now()
    if endpoint.resting_until is not None and endpoint.resting_until > now:
        return
    # One that is away is asked with whatever waits, so that it is soon seen to be back.
    due = _due(endpoint, now, whenever=endpoint.failures >= AWAY_AFTER)
    if not due.exists():  # SQLite has one writer at a time: nobody waits for an idle relay
        return
    token = f"{here()} {os.getpid()} {secrets.token_hex(8)}"
    with transaction.atomic():
        # One relay at a time counts what is under way to an endpoint.
        locked = Endpoint.objects.select_for_update(skip_locked=True)
        if not list(locked.filter(pk=endpoint.pk, active=True)):
            return
        under_way = endpoint.deliveries.filter(leased_until__gt=now).count()
        room = (1 if endpoint.failures else PARALLEL) - under_way
        if room <= 0:
            return
        taken = list(due.order_by("due_at", "sequence")[:room])
        until = now + timedelta(seconds=LEASE_SECONDS)
        numbers = [delivery.pk for delivery in taken]
        Delivery.objects.filter(pk__in=numbers).update(lease=token, leased_until=until)
    for delivery in taken:
        delivery.lease = token
        yield endpoint, delivery


def free_those_of_the_ended() -> None:
    """Have due at once what processes of this host had under way that were seen to have ended."""
    held = Delivery.objects.exclude(leased_until=None).values_list("lease", flat=True)
    for token in set(held):
        host, pid, _ = token.split(" ")
        if has_ended(host, int(pid)):
            Delivery.objects.filter(lease=token).update(lease="", leased_until=None)


def _due(endpoint: Endpoint, now: datetime, whenever: bool) -> QuerySet[Delivery]:
    """Give what is due and free, and has no earlier one of the same listing before it."""
    waiting = Delivery.objects.filter(endpoint=endpoint, state=DeliveryState.WAITING)
    earlier = Delivery.objects.filter(
        endpoint=OuterRef("endpoint"),
        order_key=OuterRef("order_key"),
        sequence__lt=OuterRef("sequence"),
        state=DeliveryState.WAITING,
    )
    free = Q(leased_until=None) | Q(leased_until__lte=now)
    ready = waiting.filter(free, ~Exists(earlier))
    return ready if whenever else ready.filter(due_at__lte=now)
