"""Which rows retention removed with the ledger's knowledge: any other that is gone was deleted."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

import msgspec

from mimawari.records.event import decode_body
from mimawari.service.audit.event_kinds import REMOVAL, Removal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Runs:
    """Numbers as stretches, each its first and its last, in any order.

    Examples
    --------
    >>> runs = Runs([(7, 9), (1, 3), (4, 4)])
    >>> list(runs), 4 in runs, 5 in runs, runs.hold(1, 4), runs.hold(4, 7)
    ([(1, 4), (7, 9)], True, False, True, False)
    """

    def __init__(self, runs: Iterable[tuple[int, int]] = ()) -> None:
        self._firsts: list[int] = []
        self._lasts: list[int] = []
        for first, last in sorted(runs):
            if self._lasts and first <= self._lasts[-1] + 1:
                self._lasts[-1] = max(last, self._lasts[-1])
            else:
                self._firsts.append(first)
                self._lasts.append(last)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self._firsts, self._lasts, strict=True)

    def __contains__(self, number: int) -> bool:
        return self.hold(number, number)

    def __len__(self) -> int:
        """Count the numbers."""
        return sum(self._lasts) - sum(self._firsts) + len(self._firsts)

    def hold(self, first: int, last: int) -> bool:
        """Whether every number from the first to the last is among them."""
        place = bisect_right(self._firsts, first) - 1
        return place >= 0 and last <= self._lasts[place]


class Removals:
    """The removals that events tell of, gathered while these are read."""

    def __init__(self) -> None:
        self._runs: dict[str, list[tuple[int, int]]] = {}

    def add(self, _number: int, kind: str, _subject: str, body: str | None) -> None:
        """Take in an event."""
        if kind != REMOVAL.name or body is None:
            return
        try:
            removed = msgspec.json.decode(decode_body(body).details, type=Removal)
        except msgspec.DecodeError:
            return  # its leaf says already that it was changed
        for table, runs in removed.rows.items():
            self._runs.setdefault(table, []).extend(runs)

    def of(self, table: str) -> Runs:
        """Give the keys of a table's rows that were removed."""
        return Runs(self._runs.get(table, ()))
