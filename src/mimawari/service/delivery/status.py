"""How endpoints fare: what waits, what is dead, and what was answered last."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
from django.db.models import Count, Min, Q

from mimawari.service.delivery.models import Delivery, DeliveryState, Endpoint, Receipt

if TYPE_CHECKING:
    from collections.abc import Iterable

WAITING, DEAD = Q(state=DeliveryState.WAITING), Q(state=DeliveryState.DEAD)


class ReceiptSummary(msgspec.Struct, frozen=True):
    """What one try brought; ``status`` is the answer's, None where there was none."""

    at: datetime
    delivered: bool
    status: int | None
    problem: str
    answer: str
    seconds: float


class EndpointSummary(msgspec.Struct, frozen=True):
    """An endpoint and how it fares; its secret is shown by nothing.

    Parameters
    ----------
    waiting, dead
        Events that are still to be delivered, and those that were given up.
    waiting_since
        When the oldest of those that wait was due first or is due again.
    """

    id: int
    url: str
    description: str
    types: list[str]
    active: bool
    created_at: datetime
    waiting: int
    dead: int
    waiting_since: datetime | None
    failing_since: datetime | None
    last: ReceiptSummary | None


class DeadLetter(msgspec.Struct, frozen=True):
    """An event that an endpoint never took."""

    sequence: int
    listing_id: str
    attempts: int
    problem: str


def summaries() -> list[EndpointSummary]:
    """Say how every endpoint fares."""
    return _summaries(Endpoint.objects.order_by("pk"))


def summary(endpoint: Endpoint) -> EndpointSummary:
    """Say how one endpoint fares."""
    return _summaries([endpoint])[0]


def dead_letter(delivery: Delivery) -> DeadLetter:
    """Describe a dead letter."""
    return DeadLetter(delivery.sequence, delivery.order_key, delivery.attempts, delivery.problem)


def _summaries(endpoints: Iterable[Endpoint]) -> list[EndpointSummary]:
    names = ("endpoint", "waiting", "dead", "since")
    counted = Delivery.objects.values("endpoint").annotate(
        waiting=Count("pk", filter=WAITING),
        dead=Count("pk", filter=DEAD),
        since=Min("due_at", filter=WAITING),
    )
    counts = {number: rest for number, *rest in counted.values_list(*names)}
    return [_summary(endpoint, *counts.get(endpoint.pk, (0, 0, None))) for endpoint in endpoints]


def _summary(
    endpoint: Endpoint, waiting: int, dead: int, since: datetime | None
) -> EndpointSummary:
    newest = Receipt.objects.filter(endpoint=endpoint).order_by("-pk").first()
    return EndpointSummary(
        id=endpoint.pk,
        url=endpoint.url,
        description=endpoint.description,
        types=list(endpoint.types),
        active=endpoint.active,
        created_at=endpoint.created_at,
        waiting=waiting,
        dead=dead,
        waiting_since=since,
        failing_since=endpoint.failing_since,
        last=_receipt(newest) if newest else None,
    )


def _receipt(row: Receipt) -> ReceiptSummary:
    return ReceiptSummary(row.at, row.delivered, row.status, row.problem, row.answer, row.seconds)
