"""Trees over the text score: how many, and whether they serve; if not, why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mimawari.detectors.gbdt.acceptance import SURE, ranks_better
from mimawari.detectors.gbdt.folds import grouped_folds, later_sellers
from mimawari.detectors.gbdt.trees import added_margin, best_rounds, fit_trees

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mimawari.detectors.gbdt.linear import TextSettings
    from mimawari.detectors.gbdt.rows import Rows
    from mimawari.detectors.gbdt.trees import TreeSettings


@dataclass(frozen=True, slots=True)
class Grown:
    """Trees as LightGBM's text, what they add to held-out margins, and why there are none."""

    trees: str = ""
    rounds: int = 0
    added: NDArray[np.float64] | float = 0.0
    dropped: str | None = None


def grow(
    rows: Rows,
    x: NDArray[np.float32],
    margin: NDArray[np.float64],
    settings: TreeSettings,
    text: TextSettings,
) -> Grown:
    """Grow trees over the text's margin; none where they do not serve unseen sellers.

    Parameters
    ----------
    x
        Features of the rows, shape (n, features).
    margin
        Out-of-fold margins of the text score, shape (n,).
    text
        Has the folds and the seed by which these margins were made.
    """
    y, weight, groups = rows.y, rows.weight, rows.groups
    late = later_sellers(y, groups, rows.times)
    rounds = best_rounds(x, y, weight, margin, late, settings)
    if not rounds:
        return Grown(dropped="no tree lowers the log loss of the sellers that came last")
    added = np.zeros(len(y))
    for fit, held in grouped_folds(y, groups, text.folds, text.seed):
        part = fit_trees(x[fit], y[fit], weight[fit], margin[fit], rounds, settings)
        added[held] = added_margin(part, x[held])
    # Log loss also falls where trees only rescale; they must rank unseen sellers better.
    if not ranks_better(y, margin + added, margin, weight, groups):
        return Grown(dropped=f"they do not rank unseen sellers better in {SURE:.0%} of the draws")
    whole = fit_trees(x, y, weight, margin, rounds, settings)
    return Grown(whole.model_to_string(), rounds, added)
