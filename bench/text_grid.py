"""Which settings serve our text score best, on folds that `bench.quality` does not judge by.

    python -m bench.text_grid

Prints mean AUPRC of P1 on the folds of seeds 1 and 2: over the six larger topics, over the three
others, and over the larger ones with 30 violations and 400 other listings to learn from.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from bench.quality import FLOORS, LARGER, rows_of
from mimawari.detectors.gbdt.folds import grouped_folds
from mimawari.detectors.gbdt.linear import TextSettings, fit_text, length_scale, matrix
from mimawari.detectors.ngrams import NgramSpec
from mimawari.listings.batch import ListingBatch

SEEDS, FEW = (1, 2), (30, 400)
GRID = tuple(
    TextSettings(c=c, alpha=a) for a, c in product((0.3, 0.03, 0.01), (3, 0.5, 0.15, 0.05))
)


def few(fit: NDArray[np.int64], y: NDArray[np.bool_], seed: int) -> NDArray[np.int64]:
    """Keep a few rows of either class."""
    random = np.random.default_rng(seed)
    sides = (fit[y[fit]], fit[~y[fit]])
    kept = [random.permutation(side)[:n] for side, n in zip(sides, FEW, strict=True)]
    return np.concatenate(kept)


def tried(topic: str, seed: int, with_few: bool = False) -> list[float]:
    """Give the AUPRC of every setting."""
    rows, spec = rows_of(topic), NgramSpec()
    texts = ListingBatch.of(rows.listings).texts
    x, scale = matrix(texts, spec), length_scale(texts)
    scores = np.zeros((len(GRID), len(rows.y)))
    for fit, held in grouped_folds(rows.y, rows.groups, 5, seed):
        used = few(fit, rows.y, seed) if with_few else fit
        for i, settings in enumerate(GRID):
            fitted = fit_text(x[used], scale[used], rows.y[used], rows.weight[used], settings)
            scores[i, held] = (x[held] @ fitted[0]) * scale[held] + fitted[1]
    return [float(average_precision_score(rows.y, one)) for one in scores]


def main() -> None:
    """Print a line a setting."""
    others = tuple(topic for topic in FLOORS if topic not in LARGER)
    cases = {"six larger": (LARGER, False), "others": (others, False), "few": (LARGER, True)}
    means = {
        name: np.mean([tried(t, seed, small) for t in topics for seed in SEEDS], axis=0)
        for name, (topics, small) in cases.items()
    }
    for i, settings in enumerate(GRID):
        told = ", ".join(f"{name} {found[i]:.4f}" for name, found in means.items())
        print(f"alpha {settings.alpha:g}, c {settings.c:g}: {told}")


if __name__ == "__main__":
    main()
