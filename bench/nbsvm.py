"""NB-SVM, after Wang and Manning, "Baselines and Bigrams" (2012), as published beside the data.

Published are binary words 1-2 and characters 2-5, the log-count ratio, and C = 4. What each count
starts from, and whether rows are scaled to length one, are not; both are the same for every topic,
chosen as our own settings were, on the folds of seeds 1 and 2: `python -m bench.nbsvm_grid`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_union
from sklearn.preprocessing import normalize

ALPHA, UNIT = 0.03, True


def ngrams(fit: list[str], held: list[str]) -> tuple[csr_matrix, csr_matrix]:
    """Mark which n-grams of the fitted titles stand in each title."""
    counts = make_union(
        CountVectorizer(ngram_range=(1, 2), binary=True),
        CountVectorizer(analyzer="char_wb", ngram_range=(2, 5), binary=True),
    )
    return csr_matrix(counts.fit_transform(fit)), csr_matrix(counts.transform(held))


def score(
    x: csr_matrix, y: NDArray[np.bool_], after: csr_matrix, alpha: float, unit: bool
) -> NDArray[np.float64]:
    """Fit on marked n-grams, score others.

    Parameters
    ----------
    alpha
        What each count starts from.
    unit
        Scale rows to length one, or long titles decide by their length alone.
    """
    inside, outside = alpha + x[y].sum(axis=0), alpha + x[~y].sum(axis=0)
    ratio = np.log((inside / inside.sum()) / (outside / outside.sum()))
    x, after = csr_matrix(x.multiply(ratio)), csr_matrix(after.multiply(ratio))
    if unit:
        x, after = normalize(x), normalize(after)
    model = LogisticRegression(C=4, solver="liblinear", random_state=0)
    return np.asarray(model.fit(x, y).decision_function(after))


def nbsvm(fit: list[str], y: NDArray[np.bool_], held: list[str]) -> NDArray[np.float64]:
    """Score titles with the settings chosen."""
    x, after = ngrams(fit, held)
    return score(x, y, after, ALPHA, UNIT)
