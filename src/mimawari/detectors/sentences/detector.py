"""A linear head over sentence embeddings, as a detector."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mimawari.detectors.base import Example, Explanation, Span
from mimawari.detectors.gbdt.spans import MOST_SHOWN, pieces, without
from mimawari.detectors.sentences import artifact as artifacts
from mimawari.detectors.sentences.encoder import strings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from mimawari.detectors.sentences.artifact import Artifact
    from mimawari.listings.batch import ListingBatch

# Each word shown costs a run of the encoder, some milliseconds: the page must not wait.
MOST_WEIGHED = 60


class SentenceDetector:
    """Embedding times a topic's weights, calibrated."""

    def __init__(self, artifact: Artifact) -> None:
        self.topic = artifact.topic
        self.version = artifact.version
        self.lineage = artifact.lineage
        self.encoder = artifact.files.encoder()
        self._fingerprint = artifact.files.fingerprint
        self._weights = np.array(artifact.head.weights, np.float64)
        self._intercept = artifact.head.intercept
        self._calibration = artifact.calibration

    @classmethod
    def load(cls, path: Path, version: str | None = None) -> SentenceDetector:
        """Load a folder that `artifact.save` wrote, verifying all of it."""
        return cls(artifacts.load(path, version))

    @property
    def topics(self) -> tuple[str, ...]:
        """The one topic."""
        return (self.topic,)

    @property
    def fingerprint(self) -> str:
        """Identifier of the feature space."""
        return self._fingerprint

    def margin(
        self, batch: ListingBatch, rows: NDArray[np.int64] | None = None
    ) -> NDArray[np.float64]:
        """Give the margin of each listing, shape (n,), or of some rows only."""
        # A product of matrices would round a row by the number of its neighbours.
        products = self.encoder.of(batch, rows) * self._weights
        margins: NDArray[np.float64] = products.sum(axis=1) + self._intercept
        return margins

    def score(self, batch: ListingBatch) -> NDArray[np.float32]:
        """Give calibrated probabilities, shape (n, 1)."""
        return self._calibration.apply(self.margin(batch))[:, None]

    def explain(self, batch: ListingBatch, row: int, topic: str) -> Explanation:
        """Weigh each of the first words by how much the margin falls without it."""
        words = pieces(batch.texts.text(row))[:MOST_WEIGHED]
        if topic != self.topic or not words:
            return Explanation()
        _, shorter = without(batch.texts, row, words)
        margins = self.encoder.encode(strings(shorter)) @ self._weights
        change = margins[0] - margins[1:]
        order = np.argsort(-np.abs(change), kind="stable")[:MOST_SHOWN]
        spans = (
            Span(*batch.texts.span(row, *words[i]), float(change[i]), "sentence")
            for i in order
            if change[i]
        )
        return Explanation(tuple(spans))

    def get_examples(self) -> Sequence[Example]:
        """Give none: a model's data is the user's, and stays out of the artifact."""
        return ()
