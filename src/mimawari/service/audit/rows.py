"""Compare rows with the events that tell of them: changed, inserted and deleted ones show."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec

from mimawari.records.event import decode_body, kinds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Read = Callable[[], Iterable[tuple[str, msgspec.Struct]]]
    """Gives for each row the subject and the details that its event should have."""

_ERASED = b""


class RowTable(msgspec.Struct, frozen=True):
    """A table whose rows have an event each.

    Parameters
    ----------
    name
        As kinds of event name it in ``rows``.
    changes
        Whether a row may change: then its last event holds, otherwise there is only one.
    """

    name: str
    read: Read
    changes: bool = False


_TABLES: dict[str, RowTable] = {}


def compare_rows(name: str, read: Read, *, changes: bool = False) -> None:
    """Declare how rows of a table are compared with events of the kinds that speak of it."""
    _TABLES[name] = RowTable(name, read, changes)


class RowCheck:
    """What events say of rows, gathered while these are read, oldest first."""

    def __init__(self) -> None:
        self.problems: list[tuple[str, str]] = []
        self._table = {kind.name: kind.rows for kind in kinds() if kind.rows in _TABLES}
        self._expected: dict[str, dict[str, bytes]] = {name: {} for name in _TABLES}

    def add(self, number: int, kind: str, subject: str, body: str | None) -> None:
        """Take in an event."""
        name = self._table.get(kind)
        if name is None:
            return
        expected = self._expected[name]
        if subject in expected and not _TABLES[name].changes:
            self.problems.append((f"event {number}", f"tells of {name} {subject} a second time"))
        expected[subject] = _ERASED if body is None else _details(body)

    def check(self) -> Iterator[tuple[str, str]]:
        """Give every row or event that does not fit, and why."""
        yield from self.problems
        for name, table in sorted(_TABLES.items()):
            expected = self._expected[name]
            for subject, details in table.read():
                digest = expected.pop(subject, None)
                if digest is None:
                    yield f"{name} {subject}", "has no event: it was inserted past the service"
                elif digest not in (_ERASED, _digest(msgspec.json.encode(details))):
                    yield f"{name} {subject}", "is not as its event says: it was changed"
            for subject in expected:
                yield f"{name} {subject}", "is gone, but its event is there: it was deleted"


def _details(body: str) -> bytes:
    try:
        return _digest(decode_body(body).details)
    except msgspec.DecodeError:
        return _ERASED  # its leaf says already that it was changed


def _digest(details: bytes | msgspec.Raw) -> bytes:
    return hashlib.sha256(details).digest()[:16]
