"""Many GBDT models scored as one: texts hashed once, facts of listings read once.

What models share is done once a batch: n-gram hashes and the sums of all topics' weights in one
loop; price, age and pictures; the price level of each category. What is left a model is
arithmetic on arrays, and its trees only where they could matter.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from mimawari.detectors.gbdt import features
from mimawari.detectors.gbdt.forest import Forest
from mimawari.detectors.ngrams import NgramSpec
from mimawari.detectors.ngrams.kernel import gather, occupancy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mimawari.detectors.gbdt.detector import GbdtDetector
    from mimawari.listings.batch import ListingBatch
    from mimawari.listings.listing import Listing
    from mimawari.listings.prices import PriceReference

# A calibrated bound this close under the floor still asks the trees: rounding of float32.
SLACK = 1e-6
TEXT_MARGIN = features.NAMES.index("text_margin")


class Facts:
    """Facts of a batch's listings that every model's features are made of; read when asked."""

    def __init__(self, listings: Sequence[Listing]) -> None:
        self._listings = listings
        self._ratios: dict[int, NDArray[np.float32]] = {}

    @cached_property
    def tabular(self) -> NDArray[np.float64]:
        """Log price, log of seller's age (NaN where unknown), pictures; shape (n, 3)."""
        rows = [
            (features.log_price(one), features.seller_age(one), float(len(one.image_urls)))
            for one in self._listings
        ]
        return np.array(rows, np.float64).reshape(-1, 3)

    @cached_property
    def _shelves(self) -> tuple[list[Listing], NDArray[np.int64], NDArray[np.float64]]:
        """Give one priced listing of each currency and category, each row's, and prices."""
        numbers: dict[tuple[str | None, tuple[str, ...]], int] = {}
        priced: list[Listing] = []
        of_row = np.full(len(self._listings), -1, np.int64)
        prices = np.full(len(self._listings), np.nan)
        for row, one in enumerate(self._listings):
            if one.price_minor is None:
                continue
            key = (one.currency, one.category)
            if key not in numbers:
                numbers[key] = len(priced)
                priced.append(one)
            of_row[row], prices[row] = numbers[key], one.price_minor
        return priced, of_row, prices

    def log_ratios(self, reference: PriceReference) -> NDArray[np.float32]:
        """Give log(price over median) by one reference; 0 where either is unknown."""
        if id(reference) not in self._ratios:
            priced, of_row, prices = self._shelves
            found = [reference.level(one) for one in priced]
            medians = [m.median if m and m.median > 0 else math.nan for m in found]
            ratio = prices / np.array([*medians, math.nan])[of_row]
            logs = np.log(np.fmax(ratio, 1e-3), where=~np.isnan(ratio), out=np.zeros(len(ratio)))
            self._ratios[id(reference)] = logs.astype(np.float32)
        return self._ratios[id(reference)]

    def features(
        self, model: GbdtDetector, margins: NDArray[np.float32], rows: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """Give what `GbdtDetector.features` gives, of some rows."""
        out = np.zeros((len(rows), len(features.NAMES)), np.float32)
        tabular, neutral = self.tabular[rows], model._neutral
        known = ~np.isnan(tabular)
        out[:, 0] = np.where(known[:, 0], tabular[:, 0], neutral.log_price)
        out[:, 1] = self.log_ratios(model.prices)[rows]
        out[:, 2] = np.where(known[:, 1], tabular[:, 1], neutral.seller_age_log_days)
        out[:, 3] = tabular[:, 2]
        out[:, 6:9] = margins[rows]
        return out


@dataclass(frozen=True, slots=True)
class Group:
    """Models that hash texts alike, with their weights side by side, two columns a model."""

    spec: NgramSpec
    models: tuple[int, ...]
    weights: NDArray[np.float32]
    occupied: NDArray[np.uint8]


class FusedModels:
    """Scores a batch with many models; each model's result is that of `GbdtDetector.score`."""

    def __init__(self, models: Sequence[GbdtDetector]) -> None:
        self.models = tuple(models)
        self.forests = tuple(Forest.parse(model.trees) for model in models)
        self.bounds = tuple(forest.bound(TEXT_MARGIN) for forest in self.forests)
        by_spec: dict[NgramSpec, list[int]] = defaultdict(list)
        for i, model in enumerate(models):
            by_spec[model.spec].append(i)
        self.groups = []
        for spec, members in by_spec.items():
            weights = np.concatenate([models[i].text_weights for i in members], axis=1)
            self.groups.append(Group(spec, tuple(members), weights, occupancy(weights)))

    def sums(self, batch: ListingBatch) -> dict[int, NDArray[np.float32]]:
        """Give each model's gathered weights, shape (n, 2)."""
        found = {}
        for group in self.groups:
            sums = gather(batch.texts, group.spec, group.weights, group.occupied)
            for place, model in enumerate(group.models):
                found[model] = sums[:, 2 * place : 2 * place + 2]
        return found

    def score(
        self,
        number: int,
        batch: ListingBatch,
        sums: NDArray[np.float32],
        facts: Facts,
        floor: float | None,
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Score with one model.

        Rows that stay under the floor even with every tree at the largest that the text
        margin leaves it get the score of that bound, which is under the floor as well.

        Returns
        -------
        scores, refined
            Probabilities and whether the trees were asked, each of shape (n,).
        """
        model, forest = self.models[number], self.forests[number]
        margins = model.margins(batch, sums)
        total = margins[:, 2].astype(np.float64)
        refined = np.ones(len(batch), np.bool_)
        if floor is not None:
            upper = total + self.bounds[number].of(margins[:, 2])
            refined = model.calibrate(upper) >= floor - SLACK
            total = np.where(refined, total, upper)
        rows = np.flatnonzero(refined)
        if len(rows) and len(forest.roots):
            total[rows] += forest.predict(facts.features(model, margins, rows))
        if not np.isfinite(total).all():
            raise ValueError("a margin is not a number")
        return model.calibrate(total), refined
