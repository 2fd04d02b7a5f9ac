"""A closed day as counts: batches of sellers for the watches, and what each topic had."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from mimawari.datasets.history.files import open_file
from mimawari.datasets.history.sent_pages import sent_pages
from mimawari.datasets.history.totals import read_totals
from mimawari.evaluation.drift.bands import COMPETES, INPUTS, MODEL, band, scores_of
from mimawari.evaluation.drift.hours import hour_of
from mimawari.evaluation.drift.rule import BATCH
from mimawari.evaluation.drift.streams import input_names
from mimawari.evaluation.drift.tally import Tally, tally

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from mimawari.flows.day_files import DayFiles

ONCE_IN = timedelta(hours=1)
"""A seller counts once in so long."""
LONGEST = 2_000
"""Versions of a batch, where few sellers bring many."""


class BatchCounts(msgspec.Struct, frozen=True):
    """A batch: the hour of its middle, and counts by watch."""

    hour: float
    tallies: dict[str, Tally]


class TopicCounts(msgspec.Struct, frozen=True):
    """What a topic had on a day: scored, alerted, alerts with a label, and those that violate."""

    scored: int
    alerted: int
    judged: int
    violating: int


class DayCounts(msgspec.Struct, frozen=True):
    """What is kept of a day."""

    day: date
    versions: int
    batches: tuple[BatchCounts, ...]
    topics: dict[str, TopicCounts]


def counted_day(
    files: DayFiles, topics: Sequence[str], labels: Mapping[str, Mapping[int, int]]
) -> DayCounts:
    """Count a day, page by page.

    A seller of whom something came in the last hour is left out, as in the service; that of the day
    before is forgotten. What is left of a batch at the end of the day is a smaller one.

    Raises
    ------
    InvalidInputError
        A file is missing or damaged.
    """
    bands = {topic: _Bands(Path(files.scores), topic) for topic in topics}
    batches, versions = _Batches(), 0
    for page in sent_pages(Path(files.sent)):
        versions += len(page.numbers)
        for number, at, listing in zip(*page, strict=True):
            names = {INPUTS: input_names(listing)}
            for topic, known in bands.items():
                if of := known.names(number):
                    names[scores_of(topic)] = of
            batches.add(listing.seller_id, at, names)
    totals = read_totals(Path(files.totals))
    return DayCounts(
        files.day,
        versions,
        tuple(batches.all()),
        {
            topic: TopicCounts(
                sum(of.scored for of in totals if of.topic == topic),
                sum(of.alerted for of in totals if of.topic == topic),
                *known.judged(labels.get(topic, {})),
            )
            for topic, known in bands.items()
        },
    )


class _Bands:
    """Bands of a topic's scores of a day, by the number of a version."""

    def __init__(self, path: Path, topic: str) -> None:
        with open_file(path) as file:
            there = file.schema_arrow.names
            models = [name for name in there if name.startswith(f"m_{topic}/")]
            columns = [n for n in (f"s_{topic}", f"a_{topic}", *models) if n in there]
            table = file.read(columns=["number", *columns])
        numbers = table["number"].to_numpy()
        self._order = np.argsort(numbers)
        self._numbers = numbers[self._order]
        self._kinds: dict[str, NDArray[np.float64]] = {}
        self._alerted = np.zeros(len(numbers), np.bool_)
        if f"s_{topic}" not in columns:
            return
        competing = table[f"s_{topic}"].combine_chunks()
        self._said = ~competing.is_null().to_numpy(False)
        scores = competing.fill_null(np.nan).to_numpy(zero_copy_only=False).astype(np.float64)
        self._kinds[COMPETES] = scores
        for name in models:
            column = table[name].combine_chunks()
            values = column.fill_null(0.0).to_numpy(zero_copy_only=False)
            # An empty cell is the number that competed.
            same = column.is_null().to_numpy(False)
            self._kinds[MODEL + name.partition("/")[2]] = np.where(same, scores, values)
        if f"a_{topic}" in columns:
            alerted = table[f"a_{topic}"].combine_chunks().fill_null(False)
            self._alerted = alerted.to_numpy(False)

    def names(self, number: int) -> dict[str, str]:
        """Give the band of each kind; nothing where the generation had no such topic."""
        place = int(np.searchsorted(self._numbers, number))
        if not self._kinds or place == len(self._numbers) or self._numbers[place] != number:
            return {}
        row = self._order[place]
        if not self._said[row]:
            return {}
        return {kind: band(float(scores[row])) for kind, scores in self._kinds.items()}

    def judged(self, labels: Mapping[int, int]) -> tuple[int, int]:
        """Count the alerts that have a label, and those that violate."""
        alerted = self._numbers[self._alerted[self._order]].tolist()
        values = [labels[number] for number in alerted if number in labels]
        return len(values), sum(values)


class _Batches:
    """Versions of so many sellers who did not count lately, one batch after the other."""

    def __init__(self) -> None:
        self._done: list[BatchCounts] = []
        self._rows: list[tuple[str, datetime, dict[str, dict[str, str]]]] = []
        self._sellers: set[str] = set()
        self._lately: dict[str, datetime] = {}
        self._passed = 0

    def add(self, seller: str, at: datetime, names: dict[str, dict[str, str]]) -> None:
        """Add a version, in the order of arrival."""
        last = self._lately.get(seller)
        if seller in self._sellers or last is None or abs(at - last) >= ONCE_IN:
            self._sellers.add(seller)
            self._rows.append((seller, at, names))
        self._lately[seller] = at
        self._passed += 1
        if len(self._sellers) == BATCH or self._passed == LONGEST:
            self._close()

    def all(self) -> Iterator[BatchCounts]:
        """Give all batches, the last one with what is left."""
        self._close()
        yield from self._done

    def _close(self) -> None:
        if self._rows:
            middle = self._rows[len(self._rows) // 2][1]
            names: dict[str, list[dict[str, str]]] = {}
            sellers: dict[str, list[str]] = {}
            for seller, _, of in self._rows:
                for watch, kinds in of.items():
                    names.setdefault(watch, []).append(kinds)
                    sellers.setdefault(watch, []).append(seller)
            tallies = {watch: tally(of, sellers[watch]) for watch, of in names.items()}
            self._done.append(BatchCounts(hour_of(middle), tallies))
            newest = self._rows[-1][1]
            self._lately = {s: at for s, at in self._lately.items() if newest - at < ONCE_IN}
        self._rows, self._passed = [], 0
        self._sellers = set()
