"""How endpoints fare: what waits, what is dead, and what was answered last."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
from django.db.models import Count, Min, OuterRef, Q, Subquery

from mimawari.service.delivery.models import Delivery, DeliveryState, Endpoint, Receipt

if TYPE_CHECKING:
    from django.db.models import QuerySet

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


def summaries(endpoints: QuerySet[Endpoint] | None = None) -> list[EndpointSummary]:
    """Say how endpoints fare; all of them by default."""
    newest = Receipt.objects.filter(endpoint=OuterRef("pk")).order_by("-pk").values("pk")[:1]
    chosen = Endpoint.objects.all() if endpoints is None else endpoints
    rows = list(chosen.order_by("pk").annotate(newest=Subquery(newest)))
    receipts = Receipt.objects.in_bulk([row.newest for row in rows if row.newest is not None])
    counted = (
        Delivery.objects.filter(endpoint__in=rows)
        .values("endpoint")
        .annotate(
            waiting=Count("pk", filter=WAITING),
            dead=Count("pk", filter=DEAD),
            since=Min("due_at", filter=WAITING),
        )
    )
    names = ("endpoint", "waiting", "dead", "since")
    counts = {number: rest for number, *rest in counted.values_list(*names)}
    return [
        _summary(row, receipts.get(row.newest), *counts.get(row.pk, (0, 0, None))) for row in rows
    ]


def summary(endpoint: Endpoint) -> EndpointSummary:
    """Say how one endpoint fares."""
    return summaries(Endpoint.objects.filter(pk=endpoint.pk))[0]


def dead_letter(delivery: Delivery) -> DeadLetter:
    """Describe a dead letter."""
    return DeadLetter(delivery.sequence, delivery.order_key, delivery.attempts, delivery.problem)


def _summary(
    endpoint: Endpoint, last: Receipt | None, waiting: int, dead: int, since: datetime | None
) -> EndpointSummary:
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
        last=_receipt(last) if last else None,
    )


def _receipt(row: Receipt) -> ReceiptSummary:
    return ReceiptSummary(row.at, row.delivered, row.status, row.problem, row.answer, row.seconds)
