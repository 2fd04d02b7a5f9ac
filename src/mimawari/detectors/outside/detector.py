"""A model of a kind that another package brings, as a detector like any other."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np

from mimawari.detectors.base import Example, Explanation, FeatureContribution, Span
from mimawari.detectors.outside import data_only, installed, messages
from mimawari.detectors.outside.asking import Asked, FaultError
from mimawari.detectors.sealed import MANIFEST, read, read_manifest, refuse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from mimawari.detectors.sealed import Sealed
    from mimawari.listings.batch import ListingBatch
    from mimawari.listings.listing import Listing

logger = logging.getLogger(__name__)
MOST_EXAMPLES, MOST_SHOWN = 1_000, 100
TINY = 1e-6


class OutsideDetector:
    """Asks a process of its own, which has the code and the folder.

    A detector that raises, hangs, crashes or answers what is no scores gives none, with the
    reason; after some faults it is asked nothing for a while (see `Limits`), and `notice` says
    so. Threads may share it: they wait for each other no longer than for an answer.
    """

    def __init__(self, sealed: Sealed, asked: Asked, opened: messages.Opened) -> None:
        self.topic = sealed.manifest.topic
        self.version = sealed.version
        self.lineage = sealed.lineage
        self._fingerprint = sealed.manifest.fingerprint
        self._asked = asked
        self._examples = opened.examples[:MOST_EXAMPLES]
        self._spoilt = ""

    @classmethod
    def load(cls, folder: Path, version: str | None = None) -> OutsideDetector:
        """Verify a folder, start its process and load it there.

        Raises
        ------
        InvalidInputError
            The kind is not allowed, the folder holds something else than unchanged data, or the
            package's code does not load it.
        """
        manifest, _ = read_manifest(folder)
        kind = installed.find(manifest.kind)
        sealed = read(folder, manifest.kind, version, manifest.files)
        data_only.require_data(sealed)
        asked = Asked(kind, folder.absolute(), sealed.version, installed.limits_in_force())
        try:
            opened = asked.open()
            _require_same(sealed, opened)
        except FaultError as error:
            asked.end()
            problem, remedy = f"does not load: {error}", f"see what {kind.full_name} says of it"
            raise refuse(folder / MANIFEST, problem, remedy) from error
        except BaseException:
            asked.end()
            raise
        return cls(sealed, asked, opened)

    @property
    def topics(self) -> tuple[str, ...]:
        """The one topic."""
        return (self.topic,)

    @property
    def fingerprint(self) -> str:
        """Identifier of the feature space."""
        return self._fingerprint

    @property
    def pid(self) -> int | None:
        """Of its process; None while there is none."""
        return self._asked.pid

    @property
    def notice(self) -> str:
        """What is not as it should be; empty where nothing is."""
        return self._asked.notice or self._spoilt

    def margin(self, batch: ListingBatch) -> NDArray[np.float64]:
        """Give the log-odds of each score, shape (n,)."""
        scores = np.clip(self.score(batch)[:, 0].astype(np.float64), TINY, 1 - TINY)
        return np.asarray(np.log(scores) - np.log1p(-scores), np.float64)

    def score(self, batch: ListingBatch) -> NDArray[np.float32]:
        """Give calibrated probabilities, shape (n, 1); NaN of a listing that it cannot score.

        Raises
        ------
        FaultError
            It gives no scores now.
        """
        size = self._asked.limits.listings
        parts = [
            self._scored(batch.listings[start : start + size])
            for start in range(0, len(batch), size)
        ]
        return np.concatenate(parts) if parts else np.zeros((0, 1), np.float32)

    def _scored(self, listings: Sequence[Listing]) -> NDArray[np.float32]:
        answer = self._asked.ask(messages.Score(tuple(listings)), messages.Scored)
        scores = np.frombuffer(answer.scores, "<f4").astype(np.float32)
        if scores.shape != (len(listings),) or ((scores < 0) | (scores > 1)).any():
            raise FaultError("its answer is no scores")
        if answer.unscored:
            self._spoilt = f"{answer.unscored} of {len(listings)} without a score: {answer.reason}"
            logger.warning("%s: %s", self.version, self._spoilt)
        return scores[:, None]

    def explain(self, batch: ListingBatch, row: int, topic: str) -> Explanation:
        """Say what made the score; nothing where it does not."""
        if topic != self.topic:
            return Explanation()
        listing = batch.listings[row]
        try:
            answer = self._asked.ask(messages.Explain(listing, topic), messages.Explained)
        except FaultError as error:  # a page must not fail by it
            logger.warning("%s explains nothing: %s", self.version, error)
            return Explanation()
        if answer.reason:
            logger.warning("%s explains nothing: %s", self.version, answer.reason)
        return _explanation(answer, len(listing.text))

    def get_examples(self) -> Sequence[Example]:
        """Give the examples that it brought."""
        return tuple(
            Example(example.listing, frozenset(example.violates)) for example in self._examples
        )


def _require_same(sealed: Sealed, opened: messages.Opened) -> None:
    if opened.topics != (sealed.manifest.topic,):
        raise FaultError(f"it scores {', '.join(opened.topics)}, not {sealed.manifest.topic}")
    sealed.require_fingerprint(opened.fingerprint)


def _explanation(answer: messages.Explained, length: int) -> Explanation:
    """Keep what a page can show."""
    return Explanation(
        tuple(
            Span(span.start, span.end, span.weight, span.source[:80])
            for span in answer.spans[:MOST_SHOWN]
            if 0 <= span.start <= span.end <= length and np.isfinite(span.weight)
        ),
        tuple(
            FeatureContribution(feature.name[:80], feature.value, feature.weight)
            for feature in answer.features[:MOST_SHOWN]
            if np.isfinite(feature.weight)
        ),
        tuple(rule[:80] for rule in answer.rules[:MOST_SHOWN]),
    )
