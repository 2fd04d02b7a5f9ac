"""Reads the ledger on for each endpoint, and notes what is to be delivered to it.

The place up to which it was read moves in the transaction that writes the deliveries, under the
endpoint's row: whatever is killed when, none is missing and none is there twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from mimawari.service.delivery.models import Delivery, DeliveryState, Endpoint
from mimawari.service.delivery.reading import read
from mimawari.service.platform import clock

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_WAITING = 5_000
"""Deliveries that wait for one endpoint; the rest stays in the ledger until there is room."""
MOST_AT_ONCE = 1_000
QUIET = 500
"""Places without anything to tell that are looked at again rather than written down."""


def spread(endpoints: Iterable[Endpoint], size: int) -> int:
    """Note what endpoints were not given of a ledger of a size; gives how many events."""
    behind = (endpoint for endpoint in endpoints if endpoint.position < size)
    return sum(map(_spread_to, behind))


def _spread_to(endpoint: Endpoint) -> int:
    waiting = Delivery.objects.filter(endpoint=endpoint, state=DeliveryState.WAITING)
    room = min(MOST_WAITING - waiting.count(), MOST_AT_ONCE)
    if room <= 0:
        return 0
    page = read(endpoint.position, room, endpoint.types)
    if not page.events and page.next - endpoint.position < QUIET:
        return 0
    now = clock.database_now()
    with transaction.atomic():
        # Another relay may have come before, and a replay or a switch meanwhile.
        locked = Endpoint.objects.select_for_update(skip_locked=True)
        if not list(locked.filter(pk=endpoint.pk, position=endpoint.position, active=True)):
            return 0
        Delivery.objects.bulk_create(
            (
                Delivery(
                    endpoint=endpoint,
                    sequence=outgoing.sequence,
                    order_key=outgoing.order_key,
                    due_at=now,
                )
                for outgoing in page.events
            ),
            ignore_conflicts=True,  # what waits still while it is replayed
        )
        Endpoint.objects.filter(pk=endpoint.pk).update(position=page.next)
    return len(page.events)
