"""Give every event as plain data, for those who read along."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.records.event import Event, decode_body
from mimawari.records.principal import Principal
from mimawari.service.audit import models

if TYPE_CHECKING:
    from collections.abc import Iterator


def events(kind: str | None = None) -> Iterator[Event]:
    """Yield events, oldest first; of one kind where it is named."""
    rows = models.Event.objects.order_by("id")
    if kind is not None:
        rows = rows.filter(kind=kind)
    for row in rows.iterator():
        body = None if row.body is None else decode_body(row.body)
        name = body.by if body else ""
        # Only `record` writes the kind, from a principal.
        principal = Principal(row.principal_kind, row.principal, name)  # type: ignore[arg-type]
        yield Event(row.pk, row.sequence, row.at, row.kind, row.subject, principal, body)
