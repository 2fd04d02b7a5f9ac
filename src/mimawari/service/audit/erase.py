"""Erase what is personal so that the ledger still verifies, and says that it was erased."""

from __future__ import annotations

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
    from collections.abc import Collection

    from mimawari.records.principal import Principal
    from mimawari.service.audit.bulk import BulkTable


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
    if not (wanted := set(numbers)):
        return
    touched = Batch.objects.filter(table=table.name, first__lte=max(wanted), last__gte=min(wanted))
    gone: list[int] = []
    for batch in touched.select_related("event").order_by("pk"):
        ids = list(bulk.numbers(rows_of(batch.event).ids))
        if wanted.isdisjoint(ids):
            continue
        content = bulk.stored(table, bulk.stretches(ids))
        marks = marks_of(batch, ids)
        for place, number in enumerate(ids):
            kind, salt = marks[place]
            if number in wanted and kind == SALT and number in content:
                marks[place] = COMMITMENT, commitment(salt, content[number][1])
                gone.append(number)
        batch.secret, batch.marks = None, packed(marks)
        batch.save(update_fields=("secret", "marks"))
    if gone:
        record(ERASURE, table.name, principal, Erasure((), table.name, tuple(gone)), reason)


def rows_of(event: Event) -> Rows:
    """Read which rows an event tells of."""
    return msgspec.json.decode(decode_body(event.body or "").details, type=Rows)
