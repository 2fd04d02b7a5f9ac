"""Endpoints: added, secrets rotated, disabled and enabled, events sent once more."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.listings.media.faults import FetchError
from mimawari.records.outgoing import TYPES
from mimawari.service.accounts.authority import require
from mimawari.service.accounts.permissions import Permission
from mimawari.service.audit.record import record
from mimawari.service.delivery import event_kinds, secret_box
from mimawari.service.delivery.event_kinds import endpoint_details
from mimawari.service.delivery.models import Delivery, DeliveryState, Endpoint
from mimawari.service.delivery.sealed_events import place_at, sealed_size
from mimawari.service.delivery.secret_box import Secret
from mimawari.service.delivery.sender import Sender
from mimawari.service.delivery.signing import new_secret, rotated
from mimawari.service.platform import clock

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mimawari.records.event import EventKind
    from mimawari.records.principal import Principal

MOST_ENDPOINTS = 50
MOST_URL = 2_000
OVERLAP = timedelta(days=1)
LONGEST_OVERLAP = timedelta(days=30)


def add(
    url: str,
    actor: Principal,
    types: Sequence[str] = (),
    description: str = "",
    since: datetime | None = None,
    sender: Sender | None = None,
) -> tuple[Endpoint, str]:
    """Add an endpoint; the secret returned with it is shown once.

    Parameters
    ----------
    types
        Those that are sent; all where none is named.
    since
        Where it begins; with what happens from now on where it is None.

    Raises
    ------
    InvalidInputError
        The address is none that may be sent to, a type is unknown, or there are enough.
    ForbiddenError
        The actor may not manage webhooks.
    """
    require(actor, Permission.WEBHOOKS)
    _check_texts(url, types, description)
    try:
        (sender or Sender()).check(url)
    except FetchError as error:
        raise InvalidInputError(error.problem) from error
    secret = new_secret()
    with transaction.atomic():
        if Endpoint.objects.filter(active=True).count() >= MOST_ENDPOINTS:
            problem = f"would be number {MOST_ENDPOINTS + 1}"
            raise InvalidInputError(FieldProblem("url", problem, "disable one of the others"))
        endpoint = Endpoint.objects.create(
            url=url,
            description=description,
            types=sorted(set(types)),
            secrets=secret_box.seal((Secret(secret),), url),
            created_at=clock.database_now(),
            position=sealed_size() if since is None else place_at(since),
        )
        _record(event_kinds.WEBHOOK, endpoint, actor)
    return endpoint, secret


def find(number: int) -> Endpoint:
    """Give an endpoint.

    Raises
    ------
    InvalidInputError
        There is none of the number.
    """
    endpoint = Endpoint.objects.filter(pk=number).first()
    if endpoint is None:
        remedy = "see 'mimawari webhooks list'"
        raise InvalidInputError(FieldProblem("endpoint", f"{number} is unknown", remedy))
    return endpoint


def rotate(number: int, actor: Principal, overlap: timedelta = OVERLAP) -> str:
    """Give an endpoint a new secret, shown once; the old one signs beside it for a time."""
    require(actor, Permission.WEBHOOKS)
    if not timedelta() <= overlap <= LONGEST_OVERLAP:
        problem, remedy = f"is {overlap}", f"give 0 to {LONGEST_OVERLAP.days} days"
        raise InvalidInputError(FieldProblem("overlap", problem, remedy))
    find(number)
    secret, now = new_secret(), clock.database_now()
    with transaction.atomic():
        endpoint = _locked(number)
        kept = secret_box.opened(bytes(endpoint.secrets), endpoint.url)
        fresh = rotated(kept, secret, now + overlap, now)
        endpoint.secrets = secret_box.seal(fresh, endpoint.url)
        endpoint.save(update_fields=("secrets",))
        _record(event_kinds.WEBHOOK_SECRET, endpoint, actor)
    return secret


def disable(number: int, actor: Principal, reason: str) -> None:
    """Send nothing more to an endpoint; what waits stays, and goes on once it is enabled."""
    require(actor, Permission.WEBHOOKS)
    find(number)
    with transaction.atomic():
        switch(_locked(number), False, actor, reason)


def enable(number: int, actor: Principal, reason: str) -> None:
    """Go on where an endpoint was disabled."""
    require(actor, Permission.WEBHOOKS)
    find(number)
    with transaction.atomic():
        switch(_locked(number), True, actor, reason)


def switch(endpoint: Endpoint, active: bool, actor: Principal, reason: str) -> None:
    """Set whether anything is sent to a locked endpoint, within a transaction."""
    if not reason.strip():
        raise InvalidInputError(FieldProblem("reason", "is empty", "say why; the ledger keeps it"))
    if endpoint.active == active:
        return
    endpoint.active, endpoint.failures = active, 0
    endpoint.failing_since = endpoint.resting_until = None
    endpoint.save(update_fields=("active", "failures", "failing_since", "resting_until"))
    kind = event_kinds.WEBHOOK_ENABLED if active else event_kinds.WEBHOOK_DISABLED
    _record(kind, endpoint, actor, reason)


def replay(number: int, since: datetime, actor: Principal, reason: str) -> int:
    """Send everything from a time on once more, dead letters too; gives the place in the ledger.

    Raises
    ------
    InvalidInputError
        Nothing was looked at for the endpoint since then, or no reason is given.
    """
    require(actor, Permission.WEBHOOKS)
    if not reason.strip():
        raise InvalidInputError(FieldProblem("reason", "is empty", "say why; the ledger keeps it"))
    find(number)
    place = place_at(since)
    with transaction.atomic():
        endpoint = _locked(number)
        if place >= endpoint.position:
            problem = "is later than all that was sent"
            raise InvalidInputError(FieldProblem("since", problem, "name an earlier time"))
        dead = endpoint.deliveries.filter(state=DeliveryState.DEAD, sequence__gte=place)
        dead.delete()
        endpoint.position = place
        endpoint.save(update_fields=("position",))
        details = event_kinds.ReplayDetails(since, place)
        record(event_kinds.WEBHOOK_REPLAY, number, actor, details, reason.strip())
    return place


def dead_letters(number: int, most: int = 100) -> list[Delivery]:
    """Give what an endpoint never took, the newest first."""
    find(number)
    dead = Delivery.objects.filter(endpoint=number, state=DeliveryState.DEAD)
    return list(dead.order_by("-sequence")[:most])


def _check_texts(url: str, types: Sequence[str], description: str) -> None:
    problems = []
    if len(url) > MOST_URL or not url.isprintable():
        remedy = f"give at most {MOST_URL:,} printable characters"
        problems.append(FieldProblem("url", "is too long, or holds control characters", remedy))
    for name in sorted(set(types) - set(TYPES)):
        remedy = f"use {', '.join(TYPES)}"
        problems.append(FieldProblem("types", f"{name[:40]!r} is unknown", remedy))
    if len(description) > MOST_URL or not (description.isprintable() or not description):
        remedy = f"give at most {MOST_URL:,} printable characters"
        problems.append(FieldProblem("description", "cannot be shown", remedy))
    if problems:
        raise InvalidInputError(*problems)


def _locked(number: int) -> Endpoint:
    return Endpoint.objects.select_for_update().get(pk=number)


def _record(kind: EventKind, endpoint: Endpoint, actor: Principal, reason: str = "") -> None:
    record(kind, endpoint.pk, actor, endpoint_details(endpoint), reason.strip())
