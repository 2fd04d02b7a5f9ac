"""The best K as listings stream by, and merged again from parts."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from mimawari.alerts.ties import tie_break
from mimawari.flows.backtest.parts import Entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    Floats = NDArray[np.floating]


def order(entry: Entry) -> tuple[float, str]:
    """Order entries, best first, as `precision.ranking` does: equal scores by `tie_break`."""
    return -entry.score, entry.tie


class BestList:
    """The K entries with the greatest scores of those that were added.

    Examples
    --------
    >>> best = BestList(2)
    >>> best.add(np.array([0.2, np.nan, 0.9, 0.4]), lambda i: Entry(i, 0.0, str(i), "s", {}))
    >>> [entry.number for entry in best.entries]
    [2, 3]
    """

    def __init__(self, k: int) -> None:
        self.k = k
        self.entries: list[Entry] = []

    def add(self, scores: Floats, entry: Callable[[int], Entry]) -> None:
        """Add a batch.

        Parameters
        ----------
        scores
            Shape (n,); NaN is on no list.
        entry
            Gives the entry of a row; its score is set here.
        """
        if not self.k:
            return
        least = self.entries[-1].score if len(self.entries) >= self.k else -np.inf
        rows = np.flatnonzero(scores >= least)
        wanted = self.k
        while True:  # versions of one listing take one place: of these more are looked at
            best = _best(scores, rows, wanted)
            new = [_scored(entry(int(row)), float(scores[row])) for row in best]
            if len(best) == len(rows) or len({entered.tie for entered in new}) >= self.k:
                break
            wanted *= 2
        self.entries = merged([self.entries, new], self.k)


def _best(scores: Floats, rows: NDArray[np.int64], wanted: int) -> NDArray[np.int64]:
    """Give the rows with the greatest scores, and all that equal the last of them."""
    if len(rows) <= wanted:
        return rows
    last = np.partition(scores[rows], -wanted)[-wanted]
    chosen: NDArray[np.int64] = rows[scores[rows] >= last]
    return chosen


def merged(lists: Iterable[Iterable[Entry]], k: int) -> list[Entry]:
    """Merge lists: the best of all are among the best of each.

    A listing is on a list once, by its version with the greatest score.
    """
    best: dict[str, Entry] = {}
    for entry in sorted((entry for entries in lists for entry in entries), key=order):
        best.setdefault(entry.tie, entry)
    return list(islice(best.values(), k))


def key_of(listing_id: str) -> str:
    """Give what orders a listing among equal scores, and says nothing of it."""
    return tie_break(listing_id)[:16]


def _scored(entry: Entry, score: float) -> Entry:
    return Entry(entry.number, score, entry.tie, entry.seller, entry.alike)
