"""Calibration: whether a score of 30 % means that three in ten violate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mimawari.evaluation.bootstrap import Interval, group_bootstrap
from mimawari.evaluation.intervals import wilson
from mimawari.evaluation.precision import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Bin:
    """Scores near each other: how many, their mean, and the share that violates."""

    n: int
    score: float
    rate: Interval


@dataclass(frozen=True, slots=True)
class Reliability:
    """Bins by score, the expected calibration error and the Brier score with intervals."""

    bins: tuple[Bin, ...]
    error: Interval
    brier: Interval


def reliability(
    scores: NDArray[np.floating],
    labels: NDArray[np.int8],
    groups: Sequence[str],
    bins: int = 10,
    seed: int = 0,
    draws: int = 300,
) -> Reliability:
    """Compare scores with what moderators said; unknown labels and absent scores are left out.

    Bins hold equally many rows (ties stay together). ``ECE = sum_b n_b / n |rate_b - score_b|``
    (Naeini et al., AAAI 2015; with few rows it is biased upwards), ``Brier = mean (s - y)^2``
    (Brier 1950). Rates have Wilson intervals, both sums intervals over resampled sellers. It
    holds for the kind of rows that were labelled: those of a list say nothing of low scores.

    Examples
    --------
    >>> s, y = np.array([0.2] * 5 + [0.8] * 5), np.array([0, 0, 0, 0, 1, 1, 1, 1, 1, 0], np.int8)
    >>> curve = reliability(s, y, [str(i) for i in range(10)], bins=2)
    >>> [(b.n, round(b.score, 1), b.rate.value) for b in curve.bins], round(curve.brier.value, 2)
    ([(5, 0.2, 0.2), (5, 0.8, 0.8)], 0.16)
    """
    known = np.flatnonzero((labels != UNKNOWN) & ~np.isnan(scores))
    s, y = np.asarray(scores, np.float64)[known], labels[known] == 1
    if not len(known):
        nothing = Interval(float("nan"), float("nan"), float("nan"))
        return Reliability((), nothing, nothing)
    of_row = bin_of(s, bins)
    names = [groups[i] for i in known.tolist()]
    filled_bins = tuple(
        Bin(
            int(inside.sum()),
            float(s[inside].mean()),
            wilson(int(y[inside].sum()), int(inside.sum())),
        )
        for b in np.unique(of_row)
        for inside in [of_row == b]
    )

    def error(rows: NDArray[np.int64]) -> float:
        gaps = np.bincount(of_row[rows], (y[rows] - s[rows]))
        return float(np.abs(gaps).sum() / len(rows))

    def brier(rows: NDArray[np.int64]) -> float:
        return float(np.square(s[rows] - y[rows]).mean())

    return Reliability(
        filled_bins,
        group_bootstrap(error, names, seed, draws),
        group_bootstrap(brier, names, seed, draws),
    )


def bin_of(scores: Floats, bins: int) -> NDArray[np.int64]:
    """Give each score its bin, of equally many; equal scores share one.

    Examples
    --------
    >>> bin_of(np.array([0.1, 0.1, 0.1, 0.9]), 2).tolist()
    [0, 0, 0, 1]
    """
    edges = np.quantile(scores, np.linspace(0, 1, bins + 1)[1:-1], method="lower")
    return np.searchsorted(np.unique(edges), scores, side="left").astype(np.int64)
