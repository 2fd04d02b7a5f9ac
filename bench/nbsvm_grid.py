"""Which settings serve NB-SVM best, on folds that `bench.quality` does not judge by.

    python -m bench.nbsvm_grid

Prints the mean AUPRC of P1 over the six larger topics, on the folds of seeds 1 and 2.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from bench.nbsvm import ngrams, score
from bench.quality import LARGER, rows_of
from mimawari.detectors.gbdt.folds import grouped_folds

SEEDS = (1, 2)
GRID = tuple(product((1.0, 0.3, 0.1, 0.03, 0.01), (False, True)))  # alpha, unit


def tried(topic: str, seed: int) -> NDArray[np.float64]:
    """Give the AUPRC of every setting, shape (len(GRID),)."""
    rows = rows_of(topic)
    titles, scores = [one.title for one in rows.listings], np.zeros((len(GRID), len(rows.y)))
    for fit, held in grouped_folds(rows.y, rows.groups, 5, seed):
        x, after = ngrams([titles[i] for i in fit], [titles[i] for i in held])
        for i, (alpha, unit) in enumerate(GRID):
            scores[i, held] = score(x, rows.y[fit], after, alpha, unit)
    return np.array([average_precision_score(rows.y, one) for one in scores])


if __name__ == "__main__":
    found = np.mean([tried(topic, seed) for topic in LARGER for seed in SEEDS], axis=0)
    for (alpha, unit), auprc in zip(GRID, found, strict=True):
        print(
            f"alpha {alpha:g}, {'rows of length one' if unit else 'rows as they are'}: {auprc:.4f}"
        )
