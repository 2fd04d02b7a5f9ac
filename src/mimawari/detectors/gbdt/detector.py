"""The trained model as a detector."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import lightgbm
import numpy as np

from mimawari.detectors.base import Example, Explanation, FeatureContribution
from mimawari.detectors.gbdt import artifact as artifacts
from mimawari.detectors.gbdt import features
from mimawari.detectors.gbdt.forest import Forest
from mimawari.detectors.gbdt.linear import half_scales, length_scale
from mimawari.detectors.gbdt.spans import word_spans
from mimawari.detectors.ngrams import gather, occupancy

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from mimawari.detectors.gbdt.artifact import Artifact
    from mimawari.detectors.ngrams import MarkedTexts
    from mimawari.listings.batch import ListingBatch
    from mimawari.listings.normalise import CanonicalTexts


class GbdtDetector:
    """Text margin, corrected by trees, calibrated.

    The parts are open, so that a suite can share the work of many topics: ``spec``,
    ``text_weights``, ``intercept``, ``prices``, `margins`, `features`, `correct`, `calibrate`.
    """

    def __init__(self, artifact: Artifact) -> None:
        self.topic = artifact.topic
        self.version = artifact.version
        self.spec = artifact.spec
        self.text_weights = artifact.text.weights
        self._occupied = occupancy(self.text_weights)  # finding it takes longer than a score
        self.intercept = artifact.text.intercept
        self.prices = artifact.prices
        self.lineage = artifact.lineage
        self.trees = artifact.trees
        self._neutral = artifact.neutral
        self._calibration = artifact.calibration
        self._booster = lightgbm.Booster(model_str=self.trees) if self.trees else None

    @classmethod
    def load(cls, path: Path, version: str | None = None) -> GbdtDetector:
        """Load a folder that `artifact.save` wrote, verifying all of it."""
        return cls(artifacts.load(path, version))

    @cached_property
    def forest(self) -> Forest:
        """The trees as arrays, read once for all suites that the model is part of.

        Raises
        ------
        InvalidInputError
            They are of a kind that the training here never grows.
        """
        return Forest.parse(self.trees)

    @property
    def topics(self) -> tuple[str, ...]:
        """The one topic."""
        return (self.topic,)

    @property
    def fingerprint(self) -> str:
        """Identifier of the feature space."""
        return artifacts.fingerprint(self.spec)

    def gather(
        self, texts: CanonicalTexts, marked: MarkedTexts | None = None
    ) -> NDArray[np.float32]:
        """Sum the weights of each text's n-grams, a column each of `TextModel.weights`."""
        return gather(texts, self.spec, self.text_weights, self._occupied, marked)

    def margins(self, batch: ListingBatch, sums: NDArray[np.float32]) -> NDArray[np.float32]:
        """Turn gathered sums into margins of words, characters and both (n, 3)."""
        scaled = sums[:, :2] * half_scales(sums, length_scale(batch.texts))
        both = scaled.sum(axis=1, dtype=np.float32) + np.float32(self.intercept)
        return np.column_stack((scaled, both))

    def features(
        self,
        batch: ListingBatch,
        margins: NDArray[np.float32],
        rules: NDArray[np.floating] | None = None,
    ) -> NDArray[np.float32]:
        """Give the features of the trees, shape (n, features); see `features.compute`."""
        return features.compute(batch, margins, rules, self.prices, self._neutral)

    def correct(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """Give the trees' sum for each row of features; 0 without trees."""
        if self._booster is None:
            return np.zeros(len(x))
        return np.asarray(self._booster.predict(x, raw_score=True, num_threads=1))

    def calibrate(self, margin: NDArray[np.floating]) -> NDArray[np.float32]:
        """Turn whole margins into probabilities."""
        return self._calibration.apply(margin)

    def margin(
        self, batch: ListingBatch, rules: NDArray[np.floating] | None = None
    ) -> NDArray[np.float64]:
        """Give the whole margin of each listing, shape (n,)."""
        if not len(batch):
            return np.zeros(0)
        text = self.margins(batch, self.gather(batch.texts))
        return text[:, 2] + self.correct(self.features(batch, text, rules))

    def score(self, batch: ListingBatch) -> NDArray[np.float32]:
        """Give calibrated probabilities, shape (n, 1)."""
        return self.calibrate(self.margin(batch))[:, None]

    def explain(self, batch: ListingBatch, row: int, topic: str) -> Explanation:
        """Give the words in the original text, and the features, that made the score."""
        if topic != self.topic:
            return Explanation()
        sums = self.gather(batch.texts)
        x = self.features(batch, self.margins(batch, sums))[row : row + 1]
        spans = word_spans(batch.texts, row, self.gather)
        if self._booster is None:
            return Explanation(spans)
        parts = np.asarray(self._booster.predict(x, pred_contrib=True, num_threads=1))[0]
        named = zip(features.NAMES, x[0], parts, strict=False)
        contributions = [FeatureContribution(n, float(v), float(w)) for n, v, w in named if w]
        return Explanation(spans, tuple(sorted(contributions, key=lambda part: -abs(part.weight))))

    def get_examples(self) -> Sequence[Example]:
        """Give none: a model's data is the user's, and stays out of the artifact."""
        return ()
