"""What a day adds up to: a few rows that answer what would else read every score.

The bins of a score are of equal width in log-odds, a quarter each from -8 to 8: most scores are
far below a hundredth, where bins of equal width in probability would say nothing.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pyarrow as pa

BINS, REACH = 64, 8.0
_EDGES = np.linspace(-REACH, REACH, BINS + 1)
EDGES = 1 / (1 + np.exp(-_EDGES))
"""Scores at which bins begin and end; the first and the last take what lies beyond."""
_EMPTY = np.zeros(BINS, np.int64)


class TopicTotal(msgspec.Struct, frozen=True):
    """What a topic's scores of a day and generation add up to.

    Parameters
    ----------
    scored, alerted
        How many versions have a score, and were put before moderators.
    bins
        How many scores lie in each bin.
    """

    topic: str
    generation: int
    scored: int
    alerted: int
    bins: tuple[int, ...]


class Totals:
    """Adds up the tables of a day."""

    def __init__(self) -> None:
        self._bins: dict[tuple[str, int], np.ndarray] = defaultdict(_EMPTY.copy)
        self._alerted: dict[tuple[str, int], int] = defaultdict(int)

    def add(self, table: pa.Table) -> None:
        """Add the rows of a table."""
        generations = table["generation"].to_numpy()
        for name in table.column_names:
            kind, _, topic = name.partition("_")
            if kind == "s":
                column = table[name].combine_chunks().fill_null(float("nan"))
                scores = column.to_numpy(zero_copy_only=False)
                for number in np.unique(generations).tolist():
                    mine = scores[generations == number]
                    self._bins[topic, number] += counted(mine[~np.isnan(mine)])
            elif kind == "a":
                flags = table[name].combine_chunks().fill_null(False)
                alerted = generations[flags.to_numpy(zero_copy_only=False)]
                for number, count in zip(*np.unique(alerted, return_counts=True), strict=True):
                    self._alerted[topic, int(number)] += int(count)

    def rows(self) -> list[TopicTotal]:
        """Give the totals, by topic and generation."""
        keys = {key for key, bins in self._bins.items() if bins.any()} | set(self._alerted)
        return [
            TopicTotal(
                *key,
                int(self._bins.get(key, _EMPTY).sum()),
                self._alerted.get(key, 0),
                tuple(self._bins.get(key, _EMPTY).tolist()),
            )
            for key in sorted(keys)
        ]


def counted(scores: np.ndarray) -> np.ndarray:
    """Count how many scores lie in each bin.

    Examples
    --------
    >>> counted(np.array([0.0, 0.5, 1.0], np.float32)).nonzero()[0].tolist()
    [0, 32, 63]
    """
    place = np.searchsorted(EDGES[1:-1], scores.astype(np.float64), side="right")
    return np.bincount(place, minlength=BINS)


def quantile(totals: Iterable[TopicTotal], share: float) -> float:
    """Estimate below which score a share of all lies: its log-odds are off by a quarter at most.

    Raises
    ------
    InvalidInputError
        The share is none, or nothing was scored.

    Examples
    --------
    >>> bins = counted(np.full(100, 0.02, np.float32))
    >>> total = TopicTotal("weapons", 1, 100, 0, tuple(bins.tolist()))
    >>> 0.015 < quantile([total], 0.5) < 0.025
    True
    """
    if not 0 <= share <= 1:
        problem, remedy = f"is {share}", "give a number from 0 to 1"
        raise InvalidInputError(FieldProblem("share", problem, remedy))
    bins = sum((np.array(total.bins) for total in totals), _EMPTY)
    if not bins.any():
        remedy = "name a topic and days that were scored"
        raise InvalidInputError(FieldProblem("totals", "have no score", remedy))
    reached = np.cumsum(bins)
    wanted = share * reached[-1]
    at = int(np.searchsorted(reached, max(wanted, 1)))
    within = (wanted - (reached[at] - bins[at])) / bins[at]
    log_odds = _EDGES[at] + min(1.0, max(0.0, within)) * (_EDGES[at + 1] - _EDGES[at])
    return float(1 / (1 + np.exp(-log_odds)))


def write_totals(path: Path, totals: list[TopicTotal]) -> None:
    """Write totals into a file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = (pa.string(), pa.int64(), pa.int64(), pa.int64(), pa.list_(pa.int64(), BINS))
    names = TopicTotal.__struct_fields__
    columns = {
        name: pa.array([getattr(total, name) for total in totals], kind)
        for name, kind in zip(names, types, strict=True)
    }
    pq.write_table(pa.table(columns), path)


def read_totals(path: Path) -> list[TopicTotal]:
    """Read the totals of a day."""
    import pyarrow.parquet as pq

    return msgspec.convert(pq.read_table(path).to_pylist(), list[TopicTotal])
