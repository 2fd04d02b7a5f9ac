"""What was erased with the ledger's knowledge: anything else that lacks content was changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mimawari.records.event import decode_body
from mimawari.service.audit.event_kinds import ERASURE, Erasure

if TYPE_CHECKING:
    from collections.abc import Iterator


class Erasures:
    """The erasures that events tell of, gathered while these are read."""

    def __init__(self) -> None:
        self.events: set[int] = set()
        self.rows: dict[str, set[int]] = {}

    def add(self, _number: int, kind: str, _subject: str, body: str | None) -> None:
        """Take in an event."""
        if kind != ERASURE.name or body is None:
            return
        try:
            erased = msgspec.json.decode(decode_body(body).details, type=Erasure)
        except msgspec.DecodeError:
            return  # its leaf says already that it was changed
        self.events |= set(erased.events)
        self.rows.setdefault(erased.table, set()).update(erased.rows)

    def unexplained(self, erased: set[int]) -> Iterator[tuple[str, str]]:
        """Give the events without a body that no erasure names."""
        for number in sorted(erased - self.events):
            yield f"event {number}", "has no body, and no erasure tells of it: it was deleted"
