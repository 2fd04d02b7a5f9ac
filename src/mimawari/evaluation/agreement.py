"""Agreement of moderators who judged the same cases without knowing of each other."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sklearn.metrics import cohen_kappa_score

from mimawari.evaluation.bootstrap import Interval, group_bootstrap
from mimawari.evaluation.intervals import wilson

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far first and second judgements of ``cases`` agree."""

    cases: int
    agreed: Interval
    kappa: Interval
    alpha: Interval


def krippendorff_alpha(votes: NDArray[np.integer]) -> float:
    """Give Krippendorff's alpha for nominal judgements with any number of judges a case.

    ``1 - D_o / D_e``: disagreement seen within cases, over that of judgements paired at
    random. With ``n_c`` judgements of value c in a case of m, coincidences are
    ``sum n_c (n_k - [c = k]) / (m - 1)`` (Krippendorff, Content Analysis, chapter 12). NaN
    where every judgement is the same, as nothing could be told apart then.

    Parameters
    ----------
    votes
        Shape (cases, values): how many judged the case so; cases with one judgement are left
        out.

    Examples
    --------
    >>> krippendorff_alpha(np.array([[2, 0], [2, 0], [0, 2], [1, 1]]))
    0.5333333333333333
    """
    votes = np.asarray(votes, np.float64)
    size = votes.sum(1)
    votes, size = votes[size > 1], size[size > 1]
    total = size.sum()
    value = votes.sum(0)
    expected = total * total - float(np.square(value).sum())
    if not len(votes) or expected == 0:
        return math.nan
    seen = float(((size * size - np.square(votes).sum(1)) / (size - 1)).sum())
    return float(1 - (total - 1) * seen / expected)


def cohen_kappa(first: NDArray[np.integer], second: NDArray[np.integer]) -> float:
    """Give Cohen's kappa of the first and the second judgement of each case.

    ``(p_o - p_e) / (1 - p_e)`` (Cohen 1960), by scikit-learn; NaN where all are the same.

    Examples
    --------
    >>> cohen_kappa(np.array([1, 1, 0, 0]), np.array([1, 1, 0, 1]))
    0.5
    """
    if not len(first) or len(np.unique(np.concatenate((first, second)))) < 2:
        return math.nan
    return float(cohen_kappa_score(first, second))


def agreement(
    first: Sequence[int], second: Sequence[int], groups: Sequence[str], seed: int = 0
) -> Agreement:
    """Measure how far two judgements of each case agree.

    The share has a Wilson interval, kappa and alpha intervals over resampled sellers
    (`group_bootstrap`): cases of one seller are alike. Moderators are taken as exchangeable:
    who was first is chance. On a rare topic both coefficients are unstable: read them with
    their intervals, and the share beside them.

    Examples
    --------
    >>> measured = agreement([1, 0] * 30, [1, 0] * 29 + [0, 0], [str(i) for i in range(60)])
    >>> measured.cases, round(measured.agreed.value, 3), round(measured.kappa.value, 3)
    (60, 0.983, 0.967)
    """
    a, b = np.asarray(first, np.int64), np.asarray(second, np.int64)
    if not len(a):
        nothing = Interval(math.nan, math.nan, math.nan)
        return Agreement(0, wilson(0, 0), nothing, nothing)
    votes = np.stack([(a == 0).astype(int) + (b == 0), (a == 1).astype(int) + (b == 1)], axis=1)

    return Agreement(
        len(a),
        wilson(int((a == b).sum()), len(a)),
        group_bootstrap(lambda rows: cohen_kappa(a[rows], b[rows]), groups, seed, 200),
        group_bootstrap(lambda rows: krippendorff_alpha(votes[rows]), groups, seed, 200),
    )
