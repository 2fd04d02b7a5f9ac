"""A bank as a detector: a listing that shows a known bad picture violates."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mimawari.detectors.banks.entries import Entry, Verdict
from mimawari.detectors.banks.files import load
from mimawari.detectors.base import Explanation
from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.listings.duplicates.images import ImageIndex
from mimawari.listings.media.hashes import MOST_DISTANCE, hashes_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from mimawari.detectors.banks.files import Bank
    from mimawari.detectors.base import Example
    from mimawari.listings.batch import ListingBatch
    from mimawari.listings.listing import Listing
    from mimawari.listings.media.pictures import Pictures

SURE = 0.99


@dataclass(frozen=True, slots=True)
class Hit:
    """A listing's picture, counted from 1, that is near to a known bad one."""

    picture: int
    entry: Entry
    distance: int


class BankDetector:
    """Compares every picture of a listing with every one of a bank.

    A picture hits for a topic if a bad one is near and no good one is as near or nearer: so a
    wrong hit is mended by adding the picture as good, and true ones go on being found.

    Parameters
    ----------
    score
        What a hit scores: the share of hits that moderators confirm. Where nothing hits, there
        is no opinion.
    most_distance
        Bits of 256 in which two hashes of the same picture may differ.

    Raises
    ------
    InvalidInputError
        A parameter is out of range.

    Examples
    --------
    >>> from mimawari.detectors.banks.files import Bank
    >>> BankDetector(Bank("known", ())).topics
    ()
    """

    def __init__(self, bank: Bank, score: float = SURE, most_distance: int = MOST_DISTANCE) -> None:
        if not 0 < score <= 1:
            raise _refuse("score", f"is {score}", "give a probability over 0, at most 1")
        if not 0 <= most_distance < 128:
            remedy = "give 0 to 127 bits: unrelated pictures are 128 apart"
            raise _refuse("most_distance", f"is {most_distance}", remedy)
        self.bank, self.hit_score, self._most = bank, score, most_distance
        self._entries, self._index = bank.entries, ImageIndex()
        for row, entry in enumerate(self._entries):
            self._index.add(row, entry.bits)
        bad = {entry.topic for entry in self._entries if entry.verdict is Verdict.BAD}
        self.topics = tuple(sorted(bad))
        settings = repr((bank.version, score, most_distance)).encode()
        self.version = f"bank-{bank.name}-{hashlib.sha256(settings).hexdigest()[:12]}"

    @classmethod
    def load(cls, path: Path, score: float = SURE) -> BankDetector:
        """Use a bank's file."""
        return cls(load(path), score)

    def name_of(self, topic: str) -> str:
        """Name the bank as rules are named."""
        return f"{topic}/bank {self.bank.name}"

    def score(self, batch: ListingBatch) -> NDArray[np.float32]:
        """Give a hit's score, or NaN; shape (n, topics)."""
        scores = np.full((len(batch), len(self.topics)), np.nan, np.float32)
        column = {topic: at for at, topic in enumerate(self.topics)}
        for row, listing in enumerate(batch.listings):
            for hit in self.hits(listing, batch.pictures):
                scores[row, column[hit.entry.topic]] = self.hit_score
        return scores

    def hits(self, listing: Listing, pictures: Pictures) -> Iterator[Hit]:
        """Find what each picture hits, of each topic the nearest entry."""
        if not self.topics:
            return
        for number, known in enumerate(hashes_of(pictures, listing), 1):
            if known.usable:
                yield from self._hits(number, known.bits)

    def _hits(self, number: int, bits: bytes) -> Iterator[Hit]:
        nearest: dict[str, tuple[int, bool, int]] = {}
        for row, distance in self._index.near(bits, self._most).items():
            entry = self._entries[row]
            order = (distance, entry.verdict is Verdict.BAD, row)  # good before bad at one distance
            nearest[entry.topic] = min(order, nearest.get(entry.topic, order))
        for distance, bad, row in nearest.values():
            if bad:
                yield Hit(number, self._entries[row], distance)

    def explain(self, batch: ListingBatch, row: int, topic: str) -> Explanation:
        """Name the entries that the listing's pictures are near to."""
        hits = self.hits(batch.listings[row], batch.pictures)
        reasons = tuple(
            f"{self.name_of(topic)}: picture {hit.picture} is {hit.distance} of 256 bits "
            f"from {hit.entry.pdq[:12]}, {hit.entry.provenance}"
            for hit in hits
            if hit.entry.topic == topic
        )
        return Explanation(rules=reasons)

    def get_examples(self) -> Sequence[Example]:
        """Give none: a bank holds hashes, and no picture can be made from these."""
        return ()


def _refuse(field: str, problem: str, remedy: str) -> InvalidInputError:
    return InvalidInputError(FieldProblem(field, problem, remedy))
