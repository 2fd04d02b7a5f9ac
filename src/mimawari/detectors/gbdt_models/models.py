"""Scores a batch with many GBDT models; each gets what it would say alone.

What models share is done once a batch: n-gram hashes, and the sums of all models' weights in
one loop. Margins are compared with those that matter in one step, trees run in one call for the
rows left, and one loop calibrates: the time of Python does not grow with models.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mimawari.detectors.curves import Calibration, Curves
from mimawari.detectors.gbdt.forest import Forest
from mimawari.detectors.gbdt_models.facts import Facts
from mimawari.detectors.gbdt_models.group import Group
from mimawari.detectors.gbdt_models.kernel import correct, rows_in_reach
from mimawari.detectors.gbdt_models.reach import Reach
from mimawari.detectors.ngrams import with_marks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mimawari.detectors.gbdt.detector import GbdtDetector
    from mimawari.detectors.ngrams import NgramSpec
    from mimawari.listings.batch import ListingBatch

    Floats = NDArray[np.float32]
    Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Margins:
    """Text margins of a batch: of words and characters (n, 2, models), of both (n, models)."""

    halves: Floats
    text: Floats


@dataclass(frozen=True, slots=True)
class GbdtScores:
    """Scores of a batch, a column a model.

    Parameters
    ----------
    scores
        Probabilities, shape (n, models); NaN in the column of a model that failed.
    refined
        Whether the trees were asked, shape (n, models).
    failures
        Why, by the model's column.
    """

    scores: Floats
    refined: NDArray[np.bool_]
    failures: dict[int, str]


@dataclass(frozen=True, slots=True)
class _Limits:
    """What a tuple of floors means: the margins in reach, and the scores just under them."""

    floors: tuple[float | None, ...]
    least: Doubles
    under: Floats


class GbdtModels:
    """GBDT models scored together."""

    def __init__(self, models: Sequence[GbdtDetector]) -> None:
        self.models = tuple(models)
        forests = [model.forest for model in models]
        whole, first_trees = Forest.joined(forests)
        self._trees = (
            whole.roots, whole.depths, whole.feature, whole.threshold, whole.children,
            whole.nan_right, whole.value, first_trees,
        )  # fmt: skip
        self._reach = [Reach(*pair) for pair in zip(models, forests, strict=True)]
        self._neutral = np.array(
            [(m._neutral.log_price, m._neutral.seller_age_log_days) for m in models], np.float64
        ).reshape(-1, 2)
        self._broken: dict[int, str] = {}
        self._curves = Curves.of([self._calibration(i) for i in range(len(models))])
        self._limits = _Limits((), np.zeros(0), np.zeros(0, np.float32))
        by_spec: dict[NgramSpec, list[int]] = defaultdict(list)
        for column, model in enumerate(models):
            by_spec[model.spec].append(column)
        self._groups = [
            Group(spec, [models[i] for i in columns], columns) for spec, columns in by_spec.items()
        ]

    def _calibration(self, column: int) -> Calibration:
        """Give a model's curve; one that is none fails its model, and no other."""
        calibration = self.models[column]._calibration
        try:
            Curves.of([calibration])
        except Exception as error:  # whatever is wrong with a model stays its own
            self._broken[column] = f"{type(error).__name__}: {error}"
            return Calibration("platt")
        return calibration

    def margins(self, batch: ListingBatch) -> Margins:
        """Give all models' text margins, as of `GbdtDetector.margins`."""
        marked = with_marks(batch.texts)
        if len(self._groups) == 1:
            return Margins(*self._groups[0].margins(batch.texts, marked))
        halves = np.empty((len(batch), 2, len(self.models)), np.float32)
        text = np.empty((len(batch), len(self.models)), np.float32)
        for group in self._groups:
            halves[:, :, group.columns], text[:, group.columns] = group.margins(batch.texts, marked)
        return Margins(halves, text)

    def score(self, batch: ListingBatch, floors: Sequence[float | None]) -> GbdtScores:
        """Score with all models, each with its floor.

        Rows that stay under a model's floor whatever their other features may be are given
        the score of the text alone, and never one that reaches the floor.
        """
        return self.score_margins(batch, self.margins(batch), floors)

    def score_margins(
        self, batch: ListingBatch, margins: Margins, floors: Sequence[float | None]
    ) -> GbdtScores:
        """Do what `score` does, from margins that are at hand."""
        limits = self._limits_of(tuple(floors))
        refined, rows, bounds = rows_in_reach(margins.text, limits.least)
        totals = margins.text.astype(np.float64)
        failures = dict(self._broken)
        if len(rows):
            facts = Facts.of(batch.listings, np.unique(rows))
            medians = self._medians(facts, rows, bounds, failures)
            correct(rows, bounds, facts.tabular, facts.shelves, medians, self._neutral,
                    margins.halves, margins.text, self._trees, totals)  # fmt: skip
        scores = self._curves.probabilities(totals)
        np.copyto(scores, np.minimum(scores, limits.under), where=~refined)
        for column in np.flatnonzero(~np.isfinite(totals).all(axis=0)).tolist():
            failures.setdefault(column, "ValueError: a margin is not a number")
        for column in np.flatnonzero(((scores < 0) | (scores > 1)).any(axis=0)).tolist():
            failures.setdefault(column, "ValueError: a score is outside of 0 to 1")
        for column in failures:
            scores[:, column], refined[:, column] = np.nan, False
        return GbdtScores(scores, refined, failures)

    def _medians(
        self,
        facts: Facts,
        rows: NDArray[np.int64],
        bounds: NDArray[np.int64],
        failures: dict[int, str],
    ) -> Doubles:
        """Give the median price of each model and shelf, of shelves that its rows ask for."""
        medians = np.full((len(self.models), len(facts.priced) + 1), np.nan)
        for column in np.flatnonzero(np.diff(bounds)).tolist():
            shelves = facts.shelves[rows[bounds[column] : bounds[column + 1]]]
            try:
                medians[column] = facts.medians(self.models[column].prices, shelves)
            except Exception as error:  # whatever is wrong with a model stays its own
                failures[column] = f"{type(error).__name__}: {error}"
        return medians

    def _limits_of(self, floors: tuple[float | None, ...]) -> _Limits:
        """Give what floors mean; they change rarely, so the last ones are remembered."""
        known = self._limits
        if known.floors == floors:
            return known
        least = [
            -np.inf if i in self._broken else self._reach[i].least_margin(floor)
            for i, floor in enumerate(floors)
        ]
        numbers = np.array([np.inf if floor is None else floor for floor in floors], np.float32)
        under = np.nextafter(numbers, np.float32(-1))
        self._limits = limits = _Limits(floors, np.array(least, np.float64), under)
        return limits
