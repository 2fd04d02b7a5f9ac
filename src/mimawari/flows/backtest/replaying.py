"""A part of a day through the candidate and what is in force, by the code that serves."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from mimawari.alerts.floors import LEAST_SCORE
from mimawari.datasets.history.sent_pages import sent_pages
from mimawari.evaluation.slices import slice_names
from mimawari.flows.backtest.lists import BestList, key_of
from mimawari.flows.backtest.parts import Entry, PartLists, TopicLists
from mimawari.listings.batch import ListingBatch

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from mimawari.datasets.history.sent_pages import SentPage
    from mimawari.detectors.suite import Suite, SuiteScores
    from mimawari.flows.backtest.parts import Part
    from mimawari.flows.records import Request

    Floats = NDArray[np.floating]

ALIKE = ("category", "language", "price")


@dataclass(slots=True)
class Tally:
    """What a part has of a topic so far."""

    candidate: BestList
    champion: BestList
    scored: int = 0
    violations: int = 0
    others: int = 0
    held: NDArray[np.int64] = field(default_factory=lambda: np.zeros(2, np.int64))
    failure: str = ""

    def as_lists(self) -> TopicLists:
        """Give what is kept."""
        if self.failure:
            return TopicLists(scored=self.scored, failure=self.failure)
        return TopicLists(
            scored=self.scored,
            candidate=tuple(self.candidate.entries),
            champion=tuple(self.champion.entries),
            violations=self.violations,
            others=self.others,
            held=(int(self.held[0]), int(self.held[1])),
        )


class Replay:
    """Scores parts of days for all topics of a request.

    Parameters
    ----------
    held_from
        By topic the score from which listings are hidden, where the policy hides some.
    labels
        By topic and number of a version: 1 violates, 0 does not.
    """

    def __init__(
        self,
        request: Request,
        suite: Suite,
        held_from: Mapping[str, float],
        labels: Mapping[str, Mapping[int, int]],
    ) -> None:
        self.request, self.suite = request, suite
        self.held_from, self.labels = held_from, labels

    def part(self, part: Part, sent: Path) -> PartLists:
        """Replay a part of a day's ``sent.parquet``, in memory that does not grow with it.

        Raises
        ------
        InvalidInputError
            The file is missing or damaged.
        """
        capacities = self.request.served.capacities
        tallies = {
            topic: Tally(BestList(capacities[topic]), BestList(capacities[topic]))
            for topic in self.request.topics
        }
        for page in sent_pages(sent, part.first, part.end):
            if page.numbers:
                self._page(page, tallies)
        return PartLists(part=part, topics={t: tally.as_lists() for t, tally in tallies.items()})

    def _page(self, page: SentPage, tallies: Mapping[str, Tally]) -> None:
        scores = self.suite.score(ListingBatch.of(page.listings))
        beside = {of.topic: of.model for of in scores.beside}

        def entry(row: int) -> Entry:
            return self._entry(page, row)

        for topic, tally in tallies.items():
            column = scores.topics.index(topic)
            candidate = np.fmax(beside[topic], scores.rules[:, column])
            tally.scored += len(page.numbers)
            tally.failure = tally.failure or self._failure(scores, topic)
            self._count(topic, tally, page, (candidate, scores.score[:, column]))
            tally.candidate.add(_listed(candidate), entry)
            tally.champion.add(_listed(scores.score[:, column]), entry)

    def _count(
        self, topic: str, tally: Tally, page: SentPage, scores: tuple[Floats, Floats]
    ) -> None:
        known = self.labels.get(topic, {})
        values = [known[number] for number in page.numbers if number in known]
        tally.violations += sum(values)
        tally.others += len(values) - sum(values)
        if (least := self.held_from.get(topic)) is not None:
            tally.held += [int((of >= np.float32(least)).sum()) for of in scores]

    def _failure(self, scores: SuiteScores, topic: str) -> str:
        names = (topic, self.request.models[topic])
        return next((scores.failures[name] for name in names if name in scores.failures), "")

    def _entry(self, page: SentPage, row: int) -> Entry:
        listing = page.listings[row]
        seller = hashlib.blake2b(
            listing.seller_id.encode(), digest_size=8, key=self.request.run.encode()
        )
        names = slice_names(listing)
        return Entry(
            page.numbers[row],
            0.0,
            key_of(listing.id),
            seller.hexdigest(),
            {kind: names[kind] for kind in ALIKE},
        )


def _listed(scores: Floats) -> Floats:
    return np.where(scores >= LEAST_SCORE, scores, np.nan)
