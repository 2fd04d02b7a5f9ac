"""Scores a batch with many GBDT models; each gets what it would say alone.

What models share is done once a batch: n-gram hashes, and the sums of all topics' weights in
one loop. What is left a model is arithmetic on arrays, and its trees only where they matter.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from mimawari.detectors.fused.kernel import gather_halves
from mimawari.detectors.gbdt import features
from mimawari.detectors.gbdt.forest import Forest
from mimawari.detectors.gbdt.linear import length_scale
from mimawari.detectors.ngrams import MarkedTexts, NgramSpec, with_marks
from mimawari.detectors.ngrams.kernel import _orders, occupancy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mimawari.detectors.fused.facts import Facts
    from mimawari.detectors.gbdt.detector import GbdtDetector
    from mimawari.listings.batch import ListingBatch
    from mimawari.listings.normalise import CanonicalTexts

    Floats = NDArray[np.float32]

TEXT_MARGIN = features.NAMES.index("text_margin")
# Margins at which a calibration is tabled to find the margin of a floor, rounded down.
GRID = np.linspace(-50, 50, 5001)
SLACK = 1e-6


class Group:
    """Models that hash texts alike, with their weights side by side, a column each."""

    def __init__(self, spec: NgramSpec, models: Sequence[GbdtDetector]) -> None:
        self.spec = spec
        self.weights = np.empty((spec.buckets, len(models)), np.float32)
        for column, model in enumerate(models):
            self.weights[: spec.words, column] = model.text_weights[: spec.words, 0]
            self.weights[spec.words :, column] = model.text_weights[spec.words :, 1]
        self.occupied = occupancy(self.weights)
        self.intercepts = np.array([model.intercept for model in models], np.float32)

    def margins(self, texts: CanonicalTexts, marked: MarkedTexts) -> Floats:
        """Give the margins of words, characters and both, shape (models, n, 3)."""
        sums = np.zeros((len(texts), 2, len(self.intercepts)), np.float32)
        words, chars = _orders(self.spec)
        gather_halves(texts.codes, texts.starts, marked.codes, marked.starts, words, chars,
                      self.spec.seed, self.spec.words, self.weights, self.occupied,
                      sums)  # fmt: skip
        sums *= length_scale(texts)[:, None, None]
        found = np.empty((len(self.intercepts), len(texts), 3), np.float32)
        found[:, :, :2] = sums.transpose(2, 0, 1)
        found[:, :, 2] = (sums[:, 0] + sums[:, 1] + self.intercepts).T
        return found


@dataclass
class Member:
    """One model, with its trees compiled."""

    model: GbdtDetector
    forest: Forest
    _least: tuple[float, float] = (0.0, -np.inf)  # a floor and its margin: floors change rarely

    @cached_property
    def _levels(self) -> Floats:
        return self.model.calibrate(GRID)

    @cached_property
    def _upper(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Give the ends of the intervals of the text margin, and the largest tree sum in each."""
        bound = self.forest.bound(TEXT_MARGIN)
        ends = np.array([-np.inf, *bound.cuts, np.inf])
        return ends[:-1], ends[1:], bound.bounds

    def least_margin(self, floor: float) -> float:
        """Give the text margin under which no trees could lift a score to a floor."""
        known, margin = self._least
        if known == floor:
            return margin
        at = int(np.searchsorted(self._levels, floor - SLACK))
        needed = -np.inf if at == 0 else GRID[at - 1]
        low, high, most = self._upper
        reached = np.maximum(low, needed - most)
        possible = reached <= high
        margin = float(reached[possible].min(initial=np.inf))
        self._least = (floor, margin)
        return margin

    def score(
        self, margins: Floats, facts: Facts, floor: float | None
    ) -> tuple[Floats, NDArray[np.bool_]]:
        """Score with one model.

        Rows that stay under the floor whatever their other features may be are given the
        score of the text alone, and never one that reaches the floor.

        Returns
        -------
        scores, refined
            Probabilities and whether the trees were asked, each of shape (n,).

        Raises
        ------
        ValueError
            A margin is not a number.
        """
        total = margins[:, 2].astype(np.float64)
        if floor is None or not floor > 0:  # 0, or not a number: nothing is out of reach
            rows = np.arange(len(total))
        else:
            rows = np.flatnonzero(~(total < self.least_margin(floor)))
        if len(rows) and len(self.forest.roots):
            total[rows] += self.forest.predict(facts.features(self.model, margins, rows))
        if not np.isfinite(total).all():
            raise ValueError("a margin is not a number")
        scores = self.model.calibrate(total)
        if floor is None or len(rows) == len(total):
            return scores, np.ones(len(total), np.bool_)
        refined = np.zeros(len(total), np.bool_)
        refined[rows] = True
        under = np.nextafter(np.float32(floor), np.float32(-1))
        return np.where(refined, scores, np.minimum(scores, under)), refined


class FusedModels:
    """Models grouped by the way they hash texts."""

    def __init__(self, models: Sequence[GbdtDetector]) -> None:
        self.members = tuple(Member(model, Forest.parse(model.trees)) for model in models)
        by_spec: dict[NgramSpec, list[int]] = defaultdict(list)
        for i, model in enumerate(models):
            by_spec[model.spec].append(i)
        self._groups = [
            (Group(spec, [models[i] for i in numbers]), numbers)
            for spec, numbers in by_spec.items()
        ]

    def margins(self, batch: ListingBatch) -> list[Floats]:
        """Give each model's text margins, shape (n, 3) as of `GbdtDetector.margins`."""
        found: dict[int, Floats] = {}
        marked = with_marks(batch.texts)
        for group, numbers in self._groups:
            found.update(zip(numbers, group.margins(batch.texts, marked), strict=True))
        return [found[i] for i in range(len(self.members))]
