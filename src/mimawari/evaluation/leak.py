"""P3, the leak gauge: how much of a data set's labels style alone gives away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MARKS = "-,./()[]*+!&"


def _counts(title: str) -> list[float]:
    n = max(len(title), 1)
    words = title.split()
    upper, digits = sum(map(str.isupper, title)), sum(map(str.isdigit, title))
    return [
        len(title),
        len(words),
        len(title) / max(len(words), 1),
        upper / n,
        digits / n,
        sum(w.isupper() for w in words) / max(len(words), 1),
        sum(w.istitle() for w in words) / max(len(words), 1),
        float(title[:1].isdigit()),
        *(title.count(mark) for mark in MARKS),
    ]


def style_counts(titles: Sequence[str]) -> NDArray[np.float64]:
    """Count twenty things about each title's style, not one of them a word; shape (n, 20).

    Length, words and their mean length; shares of capitals, digits, words in capitals and in
    title case; a leading digit; twelve marks.

    Examples
    --------
    >>> style_counts(["10x PILLS!"]).shape
    (1, 20)
    """
    return np.array([_counts(t) for t in titles], np.float64).reshape(len(titles), 20)


def leak_gauge(
    titles: Sequence[str], labels: NDArray[np.int8], groups: Sequence[str], seed: int
) -> float:
    """Measure how well style alone ranks violations above the rest.

    The AUROC of a logistic regression on `style_counts`, pooled over five folds that keep a
    seller's listings together. 0.5 is no leak; near 1, a model trained on these data may have
    learnt where a listing comes from and not what it offers. A linear model bounds the leak
    from below: what it finds, any model can use.

    Parameters
    ----------
    labels
        1 violates, 0 does not; shape (n,).
    groups
        Seller of each title.
    """
    x = style_counts(titles)
    pooled = np.zeros(len(labels))
    folds = StratifiedGroupKFold(5, shuffle=True, random_state=seed)
    for fit, held in folds.split(x, labels, groups):
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
        model.fit(x[fit], labels[fit])
        pooled[held] = model.decision_function(x[held])
    return float(roc_auc_score(labels, pooled))
