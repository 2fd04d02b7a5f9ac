"""The gated multimodal unit as a detector."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mimawari.detectors.base import Example, Explanation, FeatureContribution, Span
from mimawari.detectors.gbdt.spans import MOST_SHOWN, alone, pieces, without
from mimawari.detectors.gmu import artifact as artifacts
from mimawari.detectors.gmu.trunk import Trunk

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from mimawari.detectors.gmu.artifact import Artifact, Loaded
    from mimawari.detectors.gmu.trunk import Floats
    from mimawari.listings.batch import ListingBatch


class GmuDetector:
    """Fused vector times a topic's head, calibrated."""

    def __init__(self, loaded: Loaded) -> None:
        self.topic = loaded.topic
        self.version = loaded.version
        self.lineage = loaded.lineage
        self.trunk = loaded.trunk
        self._weights = np.array(loaded.head.weights, np.float64)
        self._intercept = loaded.head.intercept
        self._calibration = loaded.calibration

    @classmethod
    def load(cls, path: Path, version: str | None = None) -> GmuDetector:
        """Load a folder that `artifact.save` wrote, verifying all of it."""
        return cls(artifacts.load(path, version))

    @classmethod
    def of(cls, made: Artifact) -> GmuDetector:
        """Use a model that was just trained."""
        return cls(
            artifacts.Loaded(
                made.topic, Trunk(made.parts), made.head, made.calibration, made.lineage, "new"
            )
        )

    @property
    def topics(self) -> tuple[str, ...]:
        """The one topic."""
        return (self.topic,)

    @property
    def fingerprint(self) -> str:
        """Identifier of the feature space."""
        return self.trunk.spec.fingerprint()

    def margin(self, batch: ListingBatch) -> NDArray[np.float64]:
        """Give the margin of each listing, shape (n,)."""
        if not len(batch):
            return np.zeros(0)
        margins: NDArray[np.float64] = (
            self.trunk.listing_vectors(batch) @ self._weights + self._intercept
        )
        return margins

    def score(self, batch: ListingBatch) -> NDArray[np.float32]:
        """Give calibrated probabilities, shape (n, 1)."""
        return self._calibration.apply(self.margin(batch))[:, None]

    def explain(self, batch: ListingBatch, row: int, topic: str) -> Explanation:
        """Say which modality spoke, and which words.

        A modality's value is how far its gates were open, from 0 to 1; its weight is what it
        added to the margin: the weights of all, and the intercept, sum to the margin.
        """
        if topic != self.topic:
            return Explanation()
        inputs = {k: v[row : row + 1] for k, v in self.trunk.inputs(batch).items()}
        gates = self.trunk.gates(inputs)[0]
        added = self.trunk.fuse(inputs)[0] @ self._weights
        contributions = [
            FeatureContribution(f"gate_{name}", float(gate), float(weight))
            for name, gate, weight in zip(self.trunk.spec.modalities, gates, added, strict=True)
        ]
        spans = self._spans(batch, row, inputs)
        return Explanation(spans, tuple(sorted(contributions, key=lambda part: -abs(part.weight))))

    def _spans(self, batch: ListingBatch, row: int, inputs: dict[str, Floats]) -> tuple[Span, ...]:
        """Weigh each word: half by what is lost without it, half by what it says alone.

        Where two words say the same, neither is missed alone; so the first and the last term of
        a Shapley value (Strumbelj & Kononenko 2014) are averaged.
        """
        words = pieces(batch.texts.text(row))
        if not words:
            return ()
        shorter = self._with_text(inputs, self.trunk.text(*without(batch.texts, row, words)))
        single = self._with_text(inputs, self.trunk.text(*alone(batch.texts, row, words)))
        silent = {**inputs, "present": inputs["present"].copy()}
        silent["present"][:, 0] = 0
        nothing = self.trunk.fuse(silent).sum(axis=1) @ self._weights
        change = (shorter[0] - shorter[1:] + single - nothing) / 2
        order = np.argsort(-np.abs(change), kind="stable")[:MOST_SHOWN]
        spans = [
            Span(*batch.texts.span(row, *words[i]), float(change[i]), "text")
            for i in order
            if change[i]
        ]
        return tuple(spans)

    def _with_text(self, inputs: dict[str, Floats], text: Floats) -> NDArray[np.float64]:
        """Give the margins, but for the intercept, of a listing with other texts."""
        repeated = {k: np.repeat(v, len(text), axis=0) for k, v in inputs.items()}
        margins: NDArray[np.float64] = (
            self.trunk.fuse({**repeated, "text": text}).sum(axis=1) @ self._weights
        )
        return margins

    def get_examples(self) -> Sequence[Example]:
        """Give none: a model's data is the user's, and stays out of the artifact."""
        return ()
