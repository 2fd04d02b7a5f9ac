"""What is usual of a model's scores: a level, and the share of listings that reach it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np
from scipy.stats import beta

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

LEAST = 1_000
"""Sellers without whom nothing is called usual."""
TOP = 0.005
"""The level is what this share of the listings reaches ..."""
LEAST_TOP = 20
"""... or so many of them, where that is more."""


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """What is usual.

    Parameters
    ----------
    model
        Whose scores it is made from: the model's own where it was beside the champion before.
    sellers
        Listings that it is made from, one a seller, in no order that scores depend on.
    level
        A score; ``low`` and ``high`` bound the share of listings that reach it.
    missing
        Upper bound of the share of listings that got no score.
    """

    model: str
    sellers: int
    level: float
    low: float
    high: float
    missing: float


def usual(model: str, scores: ArrayLike, error_chance: float) -> Reference | None:
    """Make a reference from scores of one listing a seller; None where they are too few.

    The level is chosen from every fourth listing, and the listings that reach it are counted among
    the others: so the bounds of Clopper and Pearson (Biometrika 26, 1934) hold, whatever level was
    chosen, and however many scores are equal.

    Parameters
    ----------
    scores
        Shape (sellers,); NaN is missing.
    error_chance
        That any of the three bounds does not hold, together.

    Examples
    --------
    >>> draws = np.random.default_rng(1).random(40_000)
    >>> made = usual("m", draws, 0.001)
    >>> round(made.level, 3), made.low < 0.005 < made.high, made.missing < 0.001
    (0.995, True, True)
    >>> usual("m", draws[:900], 0.001) is None
    True
    """
    given = np.asarray(scores, np.float64)
    if np.count_nonzero(~np.isnan(given)) < LEAST:
        return None
    choosing, counted = _known(given[::4]), _known(np.delete(given, np.s_[::4]))
    if not len(choosing) or not len(counted):
        return None
    top = max(round(LEAST_TOP / 4), round(TOP * len(choosing)))
    level = float(np.sort(choosing)[-min(top, len(choosing))])
    hits, of, chance = int((counted >= level).sum()), len(counted), error_chance / 3
    return Reference(
        model=model,
        sellers=len(given),
        level=level,
        low=0.0 if hits == 0 else float(beta.ppf(chance, hits, of - hits + 1)),
        high=_most(hits, of, chance),
        missing=_most(int(np.isnan(given).sum()), len(given), chance),
    )


def _known(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    return scores[~np.isnan(scores)]


def _most(hits: int, of: int, chance: float) -> float:
    return 1.0 if hits == of else float(beta.ppf(1 - chance, hits + 1, of - hits))
