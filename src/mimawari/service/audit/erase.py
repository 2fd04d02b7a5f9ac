"""Erase what is personal so that the ledger still verifies, and says that it was erased."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import msgspec
from django.db import transaction

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.ledger.leaves import commitment
from mimawari.records.event import decode_body
from mimawari.service.audit import bulk
from mimawari.service.audit.event_kinds import ERASURE, NEVER_ERASED, Erasure, Rows
from mimawari.service.audit.marks import COMMITMENT, SALT, marks_of, packed
from mimawari.service.audit.models import Batch, Event
from mimawari.service.audit.record import record

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from mimawari.records.principal import Principal
    from mimawari.service.audit.bulk import BulkTable

FEW = 16


def erase_events(numbers: Collection[int], principal: Principal, reason: str) -> int:
    """Erase bodies and salts of events; gives how many had any.

    Raises
    ------
    InvalidInputError
        One of them tells of rows or of an erasure: nothing could be verified without it.
    """
    with transaction.atomic():
        chosen = Event.objects.select_for_update().filter(pk__in=numbers)
        needed = chosen.filter(kind__in=NEVER_ERASED).values_list("pk", flat=True).first()
        if needed is not None:
            problem = f"{needed} holds nothing personal, and the ledger is verified with it"
            raise InvalidInputError(FieldProblem("event", problem, "leave it"))
        ids = tuple(chosen.exclude(body=None).order_by("pk").values_list("pk", flat=True))
        if ids:
            record(ERASURE, "events", principal, Erasure(events=ids), reason)
            Event.objects.filter(pk__in=ids).update(salt=None, body=None)
    return len(ids)


def forget_rows(
    table: BulkTable, numbers: Collection[int], principal: Principal, reason: str
) -> None:
    """Keep of rows only their commitments, within the transaction that erases their content.

    Call it before the rows are changed or deleted.
    """
    wanted, gone = set(numbers), list[int]()
    content = bulk.stored(table, bulk.stretches(sorted(wanted)))
    for event, ids in _batches(table, wanted):
        batch = Batch.objects.select_for_update().get(pk=event)
        marks = marks_of(batch, ids)
        for place, number in enumerate(ids):
            kind, salt = marks[place]
            if kind == SALT and number in content:
                marks[place] = COMMITMENT, commitment(salt, content[number][1])
                gone.append(number)
        batch.secret, batch.marks = None, packed(marks)
        batch.save(update_fields=("secret", "marks"))
    if gone:
        record(ERASURE, table.name, principal, Erasure((), table.name, tuple(gone)), reason)


def _batches(table: BulkTable, numbers: Collection[int]) -> Iterator[tuple[int, list[int]]]:
    """Give the batches that hold any of the rows: their events, and the numbers of their rows.

    Each row is looked up by its number: those of one seller lie far apart.
    """
    left = set(numbers)
    for number in sorted(left):
        if number not in left:
            continue
        around = Batch.objects.filter(table=table.name, first__lte=number, last__gte=number)
        rows = around.order_by("last").values_list("pk", "event__body")
        # Nearly always the first; writers at the same time have batches that overlap.
        for event, body in chain(rows[:FEW], rows[FEW:]):
            ids = list(bulk.numbers(_rows_in(body).ids))
            if number in ids:
                yield event, ids
                left -= set(ids)
                break


def rows_of(event: Event) -> Rows:
    """Read which rows an event tells of."""
    return _rows_in(event.body)


def _rows_in(body: str | None) -> Rows:
    return msgspec.json.decode(decode_body(body or "").details, type=Rows)
