"""Gradient-boosted trees that correct the text margin, and never make it worse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lightgbm
import msgspec
import numpy as np
from sklearn.metrics import log_loss

if TYPE_CHECKING:
    from numpy.typing import NDArray


class TreeSettings(msgspec.Struct, frozen=True):
    """LightGBM's settings; the same for every topic."""

    rounds: int = 200
    learning_rate: float = 0.05
    leaves: int = 8
    lambda_l2: float = 5.0
    min_rows: int = 20
    seed: int = 0
    threads: int = 1

    def parameters(self) -> dict[str, object]:
        """Give LightGBM's names."""
        return {
            "objective": "binary",
            "learning_rate": self.learning_rate,
            "num_leaves": self.leaves,
            "lambda_l2": self.lambda_l2,
            "min_data_in_leaf": self.min_rows,
            "seed": self.seed,
            "num_threads": self.threads,
            "deterministic": True,
            "force_row_wise": True,
            "boost_from_average": False,
            "verbosity": -1,
        }


def fit_trees(
    x: NDArray[np.float32],
    y: NDArray[np.bool_],
    weight: NDArray[np.float64],
    margin: NDArray[np.float64],
    rounds: int,
    settings: TreeSettings,
) -> lightgbm.Booster:
    """Fit a number of rounds, starting from the text margin."""
    data = lightgbm.Dataset(
        np.ascontiguousarray(x),
        y.astype(np.float32),
        weight=np.array(weight),
        init_score=np.array(margin),
    )
    return lightgbm.train(settings.parameters(), data, num_boost_round=rounds)


def best_rounds(
    x: NDArray[np.float32],
    y: NDArray[np.bool_],
    weight: NDArray[np.float64],
    margin: NDArray[np.float64],
    late: NDArray[np.bool_],
    settings: TreeSettings,
) -> int:
    """Choose the rounds by log loss on later sellers; 0 where no tree helps them."""
    early = ~late
    if not (y[late].any() and y[early].any() and (~y[late]).any() and (~y[early]).any()):
        return 0
    model = fit_trees(x[early], y[early], weight[early], margin[early], settings.rounds, settings)

    def loss(added: NDArray[np.float64]) -> float:
        p = 1 / (1 + np.exp(-(margin[late] + added)))
        return float(log_loss(y[late], p, sample_weight=weight[late], labels=[False, True]))

    best, rounds = loss(np.zeros(int(late.sum()))), 0
    total = np.zeros(int(late.sum()))
    for tree in range(model.num_trees()):
        total = total + added_margin(model, x[late], tree, 1)
        if (now := loss(total)) < best:
            best, rounds = now, tree + 1
    return rounds


def added_margin(
    model: lightgbm.Booster, x: NDArray[np.float32], first: int = 0, count: int | None = None
) -> NDArray[np.float64]:
    """Give what trees add to the text margin, all or ``count`` from the ``first``; shape (n,)."""
    return np.asarray(
        model.predict(x, raw_score=True, start_iteration=first, num_iteration=count, num_threads=1),
        np.float64,
    )
