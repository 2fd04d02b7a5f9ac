"""What labels added since an earlier round changed, on the same sellers held out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np
from sklearn.metrics import average_precision_score

from mimawari.detectors.gbdt.detector import GbdtDetector
from mimawari.detectors.gbdt.folds import grouped_folds
from mimawari.detectors.gbdt.training import train
from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.evaluation.bootstrap import group_bootstrap
from mimawari.listings.batch import ListingBatch

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from mimawari.detectors.gbdt.rows import Rows
    from mimawari.detectors.gbdt.training import Settings
    from mimawari.evaluation.choosing.task import Task

    Floats = NDArray[np.float64]


class Gain(msgspec.Struct, frozen=True):
    """AUPRC by the earlier labels and by all, and the 95 % interval of the difference.

    Examples
    --------
    >>> str(Gain(40, 0.43, 0.25, -0.29, -0.06))
    '40 labels more: AUPRC .43 -> .25 (-.29 to -.06); they made it worse'
    """

    added: int
    before: float
    after: float
    low: float
    high: float

    @property
    def is_loss(self) -> bool:
        """Whether the labels made it worse beyond noise."""
        return self.high < 0

    def __str__(self) -> str:
        if self.is_loss:
            outcome = "they made it worse"
        elif self.low > 0:
            outcome = "they pay"
        else:
            outcome = "no gain beyond noise; two such rounds are a good time to stop"
        interval = f"{_short(self.low)} to {_short(self.high)}"
        change = f"{_short(self.before)} -> {_short(self.after)} ({interval})"
        return f"{self.added:,} labels more: AUPRC {change}; {outcome}"


def _short(value: float) -> str:
    return f"{value:.2f}".replace("0.", ".", 1)


def gain_of(task: Task, earlier: Collection[str]) -> Gain:
    """Compare what the text score learns of all labels with what it learnt of earlier ones.

    Both are trained in the same folds, without the sellers that they are judged on, and judged
    on all labels. Labels that were chosen weigh as what they stand for.

    Parameters
    ----------
    earlier
        Ids of the listings that had a label in the rounds before.

    Raises
    ------
    InvalidInputError
        None of these labels, or all, are earlier ones.

    Notes
    -----
    The text score stands for every kind: it is trained in seconds, and labels that mislead it
    mislead the kinds that build on it.
    """
    rows = task.rows
    is_earlier = np.array([listing.id in earlier for listing in rows.listings], np.bool_)
    if is_earlier.all() or not is_earlier.any():
        problem = "holds none of these labels" if not is_earlier.any() else "holds all labels"
        remedy = "name the labels of the rounds before, which are in --from too"
        raise InvalidInputError(FieldProblem("--earlier", problem, remedy))
    before, after = _margins(task, is_earlier)

    def difference(at: NDArray[np.int64]) -> float:
        return _auprc(rows, after, at) - _auprc(rows, before, at)

    everything = np.arange(len(rows.y))
    interval = group_bootstrap(difference, list(rows.groups), seed=task.settings.seed)
    added = int((~is_earlier).sum())
    figures = (_auprc(rows, before, everything), _auprc(rows, after, everything))
    return Gain(added, *figures, interval.low, interval.high)


def _margins(task: Task, is_earlier: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Score every row without its seller, by the earlier labels and by all."""
    rows, settings = task.rows, task.settings
    plain = msgspec.structs.replace(
        settings.gbdt, with_trees=False, augmentation=None, least_positives=1
    )
    before, after = np.zeros(len(rows.y)), np.zeros(len(rows.y))
    for fit, held in grouped_folds(rows.y, rows.groups, settings.folds, settings.seed):
        batch = ListingBatch.of(rows.take(held).listings)
        before[held] = _learnt(rows.take(fit[is_earlier[fit]]), task.topic, plain, batch)
        after[held] = _learnt(rows.take(fit), task.topic, plain, batch)
    return before, after


def _learnt(rows: Rows, topic: str, settings: Settings, batch: ListingBatch) -> Floats:
    """Give the margins of a text score of these rows; all alike where they teach nothing."""
    try:
        detector = GbdtDetector(train(rows, topic, settings))
    except InvalidInputError:
        return np.zeros(len(batch))
    return np.asarray(detector.margin(batch), np.float64)


def _auprc(rows: Rows, margins: Floats, at: NDArray[np.int64]) -> float:
    if not rows.y[at].any():
        return float("nan")
    return float(average_precision_score(rows.y[at], margins[at], sample_weight=rows.weight[at]))
