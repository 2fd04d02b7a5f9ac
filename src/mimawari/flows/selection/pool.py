"""Scores of a topic over closed days, of versions that nobody was asked about."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mimawari.datasets.history.files import open_file

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    import pyarrow as pa
    from numpy.typing import NDArray

    from mimawari.flows.day_files import DayFiles

MOST = 200_000
"""Open versions that are looked at, the newest: memory does not grow with history."""


@dataclass(frozen=True, slots=True, eq=False)
class OpenRows:
    """Open versions as columns of n, and how many versions there were.

    Parameters
    ----------
    days
        Ordinals of the days.
    competing
        What competed for the top K; NaN: nothing was said.
    models
        What each model gave, shape (models, n), the champion first.
    """

    numbers: NDArray[np.int64]
    days: NDArray[np.int64]
    competing: NDArray[np.float64]
    models: NDArray[np.float64]
    scored: int
    open: int


def open_rows(
    files: Iterable[DayFiles], topic: str, champion: str, labelled: Collection[int]
) -> OpenRows:
    """Read the newest open versions, day by day from the last one back.

    Raises
    ------
    InvalidInputError
        A file is missing or damaged.
    """
    known = np.array(sorted(labelled), np.int64)
    parts: list[_Day] = []
    scored = is_open = left = 0
    for of in sorted(files, key=lambda of: of.day, reverse=True):
        day = _read(Path(of.scores), topic, of.day.toordinal(), known)
        if day is None:
            continue
        scored += day.scored
        is_open += len(day.numbers)
        if (room := MOST - left) > 0:
            parts.append(day.newest(room))
            left += len(parts[-1].numbers)
    return _joined(parts, champion, scored, is_open)


@dataclass(frozen=True, slots=True, eq=False)
class _Day:
    numbers: NDArray[np.int64]
    day: int
    competing: NDArray[np.float64]
    models: dict[str, NDArray[np.float64]]
    scored: int

    def newest(self, most: int) -> _Day:
        rows = np.argsort(-self.numbers)[:most]
        models = {name: column[rows] for name, column in self.models.items()}
        return _Day(self.numbers[rows], self.day, self.competing[rows], models, self.scored)


def _read(path: Path, topic: str, day: int, labelled: NDArray[np.int64]) -> _Day | None:
    with open_file(path) as file:
        names = file.schema_arrow.names
        if f"s_{topic}" not in names:
            return None
        models = [name for name in names if name.startswith(f"m_{topic}/")]
        wanted = ["number", f"s_{topic}", f"a_{topic}", *models]
        table = file.read(columns=[name for name in wanted if name in names])
    numbers = table["number"].to_numpy()
    competing = _floats(table, f"s_{topic}", np.nan)
    asked = np.zeros(len(numbers), np.bool_)
    if f"a_{topic}" in table.column_names:
        asked = table[f"a_{topic}"].combine_chunks().fill_null(False).to_numpy(False)
    rows = np.flatnonzero(~asked & ~np.isin(numbers, labelled))
    columns = {
        # An empty cell is the number that competed.
        name.partition("/")[2]: _floats(table, name, competing)[rows]
        for name in models
    }
    return _Day(numbers[rows], day, competing[rows], columns, int((~np.isnan(competing)).sum()))


def _floats(
    table: pa.Table, name: str, otherwise: float | NDArray[np.float64]
) -> NDArray[np.float64]:
    column = table[name].combine_chunks()
    values = column.fill_null(0.0).to_numpy(zero_copy_only=False).astype(np.float64)
    return np.asarray(np.where(column.is_null().to_numpy(False), otherwise, values))


def _joined(parts: list[_Day], champion: str, scored: int, is_open: int) -> OpenRows:
    names = sorted({n for part in parts for n in part.models}, key=lambda n: (n != champion, n))
    numbers = [np.empty(0, np.int64), *(part.numbers for part in parts)]
    none = np.empty((len(names), 0))
    models = [none]
    for part in parts:
        missing = np.full(len(part.numbers), np.nan)
        columns = [part.models.get(name, missing) for name in names]
        models.append(np.vstack(columns) if columns else np.empty((0, len(part.numbers))))
    return OpenRows(
        np.concatenate(numbers),
        np.concatenate([np.empty(0, np.int64)] + [np.full(len(p.numbers), p.day) for p in parts]),
        np.concatenate([np.empty(0), *(part.competing for part in parts)]),
        np.hstack(models),
        scored,
        is_open,
    )
