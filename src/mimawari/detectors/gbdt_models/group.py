"""Models that hash texts alike, with their weights side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mimawari.detectors.gbdt.linear import length_scale, norm_scales
from mimawari.detectors.gbdt_models.kernel import gather_halves
from mimawari.detectors.ngrams.kernel import _orders, occupancy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mimawari.detectors.gbdt.detector import GbdtDetector
    from mimawari.detectors.ngrams import MarkedTexts, NgramSpec
    from mimawari.listings.normalise import CanonicalTexts

    Floats = NDArray[np.float32]


class Group:
    """Models that hash texts alike, with their weights side by side, a column each.

    Behind them stand the squared rarities of the models that scale by norms.

    Parameters
    ----------
    columns
        Position of each model among all.
    """

    def __init__(
        self, spec: NgramSpec, models: Sequence[GbdtDetector], columns: Sequence[int]
    ) -> None:
        self.spec = spec
        self.columns = np.array(columns, np.int64)
        self.normed = [i for i, model in enumerate(models) if model.text_weights.shape[1] == 4]
        self.weights = np.empty((spec.buckets, len(models) + len(self.normed)), np.float32)
        parts = [model.text_weights[:, :2] for model in models]
        parts += [models[i].text_weights[:, 2:] for i in self.normed]
        for column, part in enumerate(parts):
            self.weights[: spec.words, column] = part[: spec.words, 0]
            self.weights[spec.words :, column] = part[spec.words :, 1]
        self.occupied = occupancy(self.weights)
        self.intercepts = np.array([model.intercept for model in models], np.float32)

    def margins(self, texts: CanonicalTexts, marked: MarkedTexts) -> tuple[Floats, Floats]:
        """Give the margins of words and characters, (n, 2, models), and of both, (n, models)."""
        sums = np.zeros((len(texts), 2, self.weights.shape[1]), np.float32)
        words, chars = _orders(self.spec)
        gather_halves(texts.codes, texts.starts, marked.codes, marked.starts, words, chars,
                      self.spec.seed, self.spec.words, self.weights, self.occupied,
                      sums)  # fmt: skip
        models = len(self.intercepts)
        scales = np.broadcast_to(length_scale(texts)[:, None, None], (len(texts), 2, models))
        if self.normed:
            scales = scales.copy()
            scales[:, :, self.normed] = norm_scales(sums[:, :, models:])
        halves = sums[:, :, :models] * scales
        return halves, halves[:, 0] + halves[:, 1] + self.intercepts
