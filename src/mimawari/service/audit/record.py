"""Write events, each in the transaction of the change it tells of; nobody waits for anybody."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from django.db import connection

from mimawari.ledger.leaves import commitment, new_salt
from mimawari.records.event import encode_body
from mimawari.service.audit.models import Event

if TYPE_CHECKING:
    from collections.abc import Iterable

    import msgspec

    from mimawari.records.event import EventKind
    from mimawari.records.principal import Principal


def record(
    kind: EventKind,
    subject: str | int,
    principal: Principal,
    details: msgspec.Struct,
    reason: str = "",
) -> Event:
    """Write an event within the caller's transaction; its place in the ledger comes later.

    Parameters
    ----------
    subject
        What it is about: the key of a row, for kinds that speak of rows.
    details
        Of the kind's struct.

    Raises
    ------
    RuntimeError
        There is no transaction: a kill could keep the change and lose its event.
    """
    event = prepared(kind, subject, principal, details, reason)
    event.save(force_insert=True)
    return event


def record_all(
    kind: EventKind, subjects: Iterable[tuple[int, msgspec.Struct]], principal: Principal
) -> None:
    """Write an event for each of many rows, given by their keys, with one statement."""
    Event.objects.bulk_create(
        prepared(kind, subject, principal, details) for subject, details in subjects
    )


def prepared(
    kind: EventKind,
    subject: str | int,
    principal: Principal,
    details: msgspec.Struct,
    reason: str = "",
) -> Event:
    """Give an event that is not saved yet, for callers who insert many at once."""
    if not connection.in_atomic_block:
        raise RuntimeError(f"{kind.name}: an event belongs into the transaction of its change")
    if type(details) is not kind.details:
        raise TypeError(f"{kind.name} needs {kind.details.__name__}")
    salt, body = new_salt(), encode_body(principal.name, reason, details)
    return Event(
        at=time.time_ns() // 1_000,
        kind=kind.name,
        subject=str(subject),
        principal_kind=principal.kind,
        principal=principal.id,
        commitment=commitment(salt, body),
        salt=salt,
        body=body.decode(),
    )
