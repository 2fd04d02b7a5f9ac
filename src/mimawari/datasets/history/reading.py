"""Questions to the files of days: a listing across days, a topic's scores of a day."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from mimawari.datasets.history.columns import rows_of
from mimawari.datasets.history.files import open_file, read_where

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import numpy.typing as npt

    from mimawari.datasets.history.columns import Manifests
    from mimawari.datasets.history.rows import ScoredVersion


class DayScores(msgspec.Struct, frozen=True):
    """What competed for a topic on a day: versions by number, and the score of each.

    Versions without a score for the topic are left out.
    """

    numbers: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float32]


def of_listing(files: Iterable[Path], listing_id: str, manifests: Manifests) -> list[ScoredVersion]:
    """Give the scores of a listing's versions, over the score files of days, in their order.

    Raises
    ------
    InvalidInputError
        A file is missing or damaged.
    """
    rows: list[ScoredVersion] = []
    for path in files:
        table = read_where(path, "listing_id", listing_id, listing_id)
        if len(table):
            rows += rows_of(table, manifests)
    return rows


def topic_scores(path: Path, topic: str) -> DayScores:
    """Give what competed for a topic on a day, by version.

    A topic that the day did not have has no scores.

    Raises
    ------
    InvalidInputError
        The file is missing or damaged.
    """
    import pyarrow as pa

    name = f"s_{topic}"
    with open_file(path) as file:
        if name not in file.schema_arrow.names:
            return DayScores(np.empty(0, np.int64), np.empty(0, np.float32))
        table = file.read(columns=["number", name])
    scores = table[name].fill_null(pa.scalar(math.nan, pa.float32())).to_numpy()
    numbers = table["number"].to_numpy()
    scored = ~np.isnan(scores)
    order = np.argsort(numbers[scored])
    return DayScores(numbers[scored][order], scores[scored][order])
