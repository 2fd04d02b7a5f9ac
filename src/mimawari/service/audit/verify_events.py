"""Read every event once: what it commits to, and the leaf it should have in the log."""

from __future__ import annotations

import hashlib
from array import array
from typing import TYPE_CHECKING

import msgspec
from django.db.models import Sum
from django.db.models.functions import Length

from mimawari.ledger.merkle import SIZE
from mimawari.service.audit.models import Event, Tile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Listener = Callable[[int, str, str, str | None], None]
    """Is called with number, kind, subject and body of every event."""
    Row = tuple[int | None, int, int, str, str, str, str, bytes, bytes | None, str | None]

_COLUMNS = (
    "sequence",
    "id",
    "at",
    "kind",
    "subject",
    "principal_kind",
    "principal",
    "commitment",
    "salt",
    "body",
)
_encode = msgspec.json.Encoder().encode


class Events:
    """All events, oldest first, each handed on to those who want to know.

    Attributes
    ----------
    leaves
        The hash of every leaf as its event has it now, by place; zeros where there is none.
    ids
        The number of the event at each place; -1 where there is none.
    """

    def __init__(self, listeners: Sequence[Listener]) -> None:
        self.listeners = listeners
        self.leaves, self.ids = bytearray(), array("q")
        self.waiting = self._size = 0
        self.erased: set[int] = set()
        self.problems: list[tuple[str, str]] = []

    def read(self) -> None:
        """Read them in the order of their numbers, which is nearly that of their places."""
        sha256 = hashlib.sha256
        self._make_room()
        for sequence, number, at, kind, subject, who, principal, commitment, salt, body in _rows():
            if body is None and salt is None:
                self.erased.add(number)
            elif body is None or salt is None:
                self._problem(number, "lacks its salt or its body: half of it was erased")
            elif sha256(bytes(salt) + body.encode()).digest() != commitment:
                self._problem(number, "its body is not the one it commits to: it was changed")
            for listener in self.listeners:
                listener(number, kind, subject, body)
            if sequence is None:
                self.waiting += 1
                continue
            text = bytes(commitment).hex()
            leaf = _encode((sequence, number, at, kind, subject, who, principal, text))
            self._place(sequence, number, sha256(b"\0" + leaf).digest())
        del self.ids[self._size :]
        del self.leaves[self._size * SIZE :]

    def _make_room(self) -> None:
        """Have a place for every event and every leaf there is; what claims more is no event."""
        length = Tile.objects.filter(level=0).aggregate(sum=Sum(Length("hashes")))["sum"] or 0
        places = Event.objects.count() + length // SIZE
        self.ids, self.leaves = array("q", [-1]) * places, bytearray(places * SIZE)

    def _place(self, sequence: int, number: int, leaf: bytes) -> None:
        if not 0 <= sequence < len(self.ids):
            self._problem(number, f"claims the place {sequence}, far from all others")
        elif self.ids[sequence] >= 0:
            self._problem(number, f"claims the place {sequence}, which is taken: it was inserted")
        else:
            self.ids[sequence] = number
            self.leaves[sequence * SIZE : (sequence + 1) * SIZE] = leaf
            self._size = max(self._size, sequence + 1)

    def _problem(self, number: int, problem: str) -> None:
        self.problems.append((f"event {number}", problem))


def _rows() -> Iterator[Row]:
    yield from Event.objects.order_by("id").values_list(*_COLUMNS).iterator(chunk_size=4_096)
