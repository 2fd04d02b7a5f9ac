"""Precision@K and its relatives, for rankings with unknown labels."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from mimawari.alerts.ties import tie_break

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.floating]
    Labels = NDArray[np.int8]

UNKNOWN = -1


def ranking(scores: Floats, keys: Sequence[str]) -> NDArray[np.int64]:
    """Rank scored items, best first; items without a score (NaN) are left out.

    Parameters
    ----------
    scores
        Shape (n,).
    keys
        Identifiers of the n items; equal scores are ordered by `tie_break` of these.

    Examples
    --------
    >>> ranking(np.array([0.1, np.nan, 0.7, 0.3]), ["a", "b", "c", "d"]).tolist()
    [2, 3, 0]
    """
    scored = np.flatnonzero(~np.isnan(scores))
    order = scored[np.argsort(-scores[scored], kind="stable")]
    values = scores[order]
    changes = np.flatnonzero(values[1:] != values[:-1]) + 1
    for start, end in pairwise([0, *changes.tolist(), len(order)]):
        if end - start > 1:
            tied = order[start:end]
            order[start:end] = sorted(tied.tolist(), key=lambda i: tie_break(keys[i]))
    return order


def precision_at_k(scores: Floats, labels: Labels, k: int, keys: Sequence[str]) -> float:
    """Share of violations among the known labels of the K best; NaN with none known.

    ``P@K = #violations in top K / #known labels in top K``. It assumes that within the top
    K a label is unknown independently of its value; reviews that cover all of the top K, as
    a capacity K does, make it exact (Manning et al., Introduction to Information Retrieval,
    section 8.4).

    Examples
    --------
    >>> labels = np.array([1, 0, 1, -1], np.int8)
    >>> precision_at_k(np.array([0.9, 0.8, 0.1, 0.7]), labels, 3, ["a", "b", "c", "d"])
    0.5
    """
    top = labels[ranking(scores, keys)[:k]]
    known = top[top != UNKNOWN]
    return float((known == 1).mean()) if len(known) else float("nan")


def recall_at_k(scores: Floats, labels: Labels, k: int, keys: Sequence[str]) -> float:
    """Share of all known violations that the K best hold; NaN without any violation.

    Examples
    --------
    >>> labels = np.array([1, 0, 1, 1], np.int8)
    >>> recall_at_k(np.array([0.9, 0.8, 0.1, 0.7]), labels, 3, ["a", "b", "c", "d"])
    0.6666666666666666
    """
    violations = int((labels == 1).sum())
    if not violations:
        return float("nan")
    return int((labels[ranking(scores, keys)[:k]] == 1).sum()) / violations


def auprc(scores: Floats, labels: Labels) -> float:
    """Area under the precision-recall curve, as average precision.

    ``AP = sum_i (R_i - R_{i-1}) P_i`` over distinct scores, so tied items count as one step
    and their order does not matter. Unknown labels are left out. A random ranking gives the
    prevalence (Davis & Goadrich 2006; Boyd et al. 2013 on the estimator).

    Examples
    --------
    >>> auprc(np.array([0.9, 0.8, 0.7]), np.array([1, 0, 1], np.int8))
    0.8333333333333333
    """
    known = (labels != UNKNOWN) & ~np.isnan(scores)
    values, truth = scores[known], labels[known] == 1
    total = int((labels == 1).sum())
    if not total:
        return float("nan")
    order = np.argsort(-values, kind="stable")
    values, truth = values[order], truth[order]
    last = np.flatnonzero(np.append(values[1:] != values[:-1], True))[: len(values)]
    hits = np.cumsum(truth)[last]
    precision = hits / (last + 1)
    return float(np.sum(np.diff(hits, prepend=0) * precision) / total)
