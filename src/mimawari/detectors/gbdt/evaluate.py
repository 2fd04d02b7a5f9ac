"""How good would the model be for sellers it never saw? Grouped cross-validation."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from sklearn.metrics import average_precision_score

from mimawari.detectors.gbdt.detector import GbdtDetector
from mimawari.detectors.gbdt.folds import grouped_folds
from mimawari.detectors.gbdt.training import train
from mimawari.listings.batch import ListingBatch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from mimawari.detectors.gbdt.rows import Rows
    from mimawari.detectors.gbdt.training import Settings
    from mimawari.records.lineage import Lineage


class Measure(msgspec.Struct, frozen=True):
    """A figure with its 95 % interval over sellers."""

    value: float
    low: float
    high: float


class Evaluation(msgspec.Struct, frozen=True):
    """Measures over the held-out scores of all folds."""

    topic: str
    rows: int
    positives: int
    sellers: int
    auprc: Measure
    precision_at: dict[int, Measure]
    recall_at: dict[int, Measure]


def top(scores: NDArray[np.floating], k: int) -> NDArray[np.int64]:
    """Give the rows of the k highest scores; ties keep the order of the rows."""
    return np.argsort(-scores, kind="stable")[:k]


def bootstrap(
    measure: Callable[[NDArray[np.int64]], float],
    groups: NDArray[np.str_],
    draws: int = 200,
    seed: int = 0,
) -> Measure:
    """Measure all rows, and resampled sellers for the interval.

    Examples
    --------
    >>> bootstrap(lambda rows: float(len(rows) > 0), np.array(["a", "b"]), 10)
    Measure(value=1.0, low=1.0, high=1.0)
    """
    random = np.random.default_rng(seed)
    names, of_row = np.unique(groups, return_inverse=True)
    members = np.split(np.argsort(of_row, kind="stable"), np.cumsum(np.bincount(of_row))[:-1])
    drawn = []
    for _ in range(draws):
        chosen = random.integers(len(names), size=len(names))
        drawn.append(measure(np.concatenate([members[i] for i in chosen])))
    low, high = np.nanquantile(drawn, (0.025, 0.975))
    return Measure(measure(np.arange(len(groups))), float(low), float(high))


def held_out_scores(
    rows: Rows,
    topic: str,
    folds: int = 5,
    settings: Settings | None = None,
    progress: Callable[[int], None] | None = None,
    seed: int = 0,
    made: Callable[[Lineage], object] = lambda lineage: None,
) -> NDArray[np.float64]:
    """Score every row by a model trained without its seller: prices, medians, all of it.

    Margins before calibration, shape (n,). ``seed`` cuts the folds, ``made`` is given the lineage
    of each fold's model.
    """
    scores = np.full(len(rows.y), np.nan)
    for done, (fit, held) in enumerate(grouped_folds(rows.y, rows.groups, folds, seed), 1):
        artifact = train(rows.take(fit), topic, settings)
        made(artifact.lineage)
        detector = GbdtDetector(artifact)
        scores[held] = detector.margin(ListingBatch.of(rows.take(held).listings))
        if progress:
            progress(done)
    return scores


def measure_scores(
    scores: NDArray[np.float64], rows: Rows, topic: str, ks: Sequence[int]
) -> Evaluation:
    """Measure held-out scores."""
    y, groups, weight = rows.y, rows.groups, rows.weight

    def auprc(at: NDArray[np.int64]) -> float:
        if not y[at].any():
            return float("nan")
        return float(average_precision_score(y[at], scores[at], sample_weight=weight[at]))

    def precision(k: int, at: NDArray[np.int64]) -> float:
        return float(y[at][top(scores[at], k)].mean())

    def recall(k: int, at: NDArray[np.int64]) -> float:
        return float(y[at][top(scores[at], k)].sum() / max(y[at].sum(), 1))

    return Evaluation(
        topic,
        len(y),
        int(y.sum()),
        len(np.unique(groups)),
        bootstrap(auprc, groups),
        {k: bootstrap(partial(precision, k), groups) for k in ks},
        {k: bootstrap(partial(recall, k), groups) for k in ks},
    )
