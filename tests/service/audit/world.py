"""A kind of event of the tests' own, and what they do to the store by hand."""

from __future__ import annotations

from typing import Any

import msgspec
from django.db import connection, transaction

from mimawari.ledger.checkpoint import Checkpoint
from mimawari.records.event import register
from mimawari.records.principal import Principal
from mimawari.service.audit import export, models, storage
from mimawari.service.audit.keys import signing_key
from mimawari.service.audit.record import record
from mimawari.service.audit.verify import verify

ANNA = Principal("user", "7", "anna")


class Note(msgspec.Struct, frozen=True):
    text: str


NOTE = register("test_note", Note)


def write(count: int = 1, text: str = "茶碗") -> list[int]:
    """Record notes, each in a transaction of its own; gives their numbers."""
    numbers = []
    for i in range(count):
        with transaction.atomic():
            numbers.append(record(NOTE, f"s{i}", ANNA, Note(f"{text} {i}"), "why not").pk)
    return numbers


def change(statement: str, *values: object) -> None:
    """Run a statement of somebody at the database's own prompt."""
    with connection.cursor() as cursor:
        cursor.execute(statement, list(values))


def problems(kept: Checkpoint | None = None) -> list[str]:
    """What the verification finds."""
    return [str(problem) for problem in verify(kept).problems]


def newest() -> Checkpoint:
    """The newest checkpoint, as if it were kept elsewhere."""
    return Checkpoint.opened(storage.newest_note() or "", signing_key().verifier)


def places() -> list[int | None]:
    """The places of all events, in order of their numbers."""
    return list(models.Event.objects.order_by("pk").values_list("sequence", flat=True))


def recorded(kind: str | None = None) -> list[dict[str, Any]]:
    """What the ledger was told, oldest first; without the batches of rows."""
    return [
        {
            "kind": event.kind,
            "subject": event.subject,
            "by": event.body.by,
            "reason": event.body.reason,
            "details": msgspec.json.decode(event.body.details),
        }
        for event in export.events(kind)
        if event.kind != "rows" and event.body is not None
    ]
