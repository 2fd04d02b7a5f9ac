"""Margins of several models on one scale: by what each gives to listings that do not violate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mimawari.records.background import Background

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def fit_background(
    margin: Floats, y: NDArray[np.bool_], weight: NDArray[np.floating]
) -> Background:
    """Take mean and standard deviation of the margins of rows that do not violate.

    ``mean = sum w m / sum w`` and ``spread^2 = sum w (m - mean)^2 / sum w`` over these rows: the
    z-score as score fusion uses it (Jain, Nandakumar & Ross, "Score normalization in multimodal
    biometric systems", 2005), with impostors' scores alone, as for the Z-norm of speaker
    verification (Auckenthaler, Carey & Lloyd-Thomas 2000). There are thousands of such rows where
    violations are few, so it hardly varies from fold to fold.

    Parameters
    ----------
    margin
        Held-out margins; NaN is left out; shape (n,).

    Examples
    --------
    >>> margin, y = np.array([1.0, 3.0, np.nan, 9.0]), np.array([False, False, False, True])
    >>> fit_background(margin, y, np.ones(4))
    Background(mean=2.0, spread=1.0)
    """
    ordinary = ~y & ~np.isnan(margin)
    margins, weights = margin[ordinary], weight[ordinary]
    mean = float(np.average(margins, weights=weights))
    spread = float(np.sqrt(np.average((margins - mean) ** 2, weights=weights)))
    # A model that gives all of them one margin has no scale: its margins stay as they are.
    return Background(mean, spread if spread > 0 else 1.0)


def standard(margin: Floats, background: Background) -> Floats:
    """Give margins as standard deviations above the background's mean.

    Examples
    --------
    >>> standard(np.array([2.0, 5.0]), Background(2.0, 1.5)).tolist()
    [0.0, 2.0]
    """
    deviations: Floats = (margin - background.mean) / background.spread
    return deviations


def comparable(
    margin: Floats,
    folds: Iterable[tuple[NDArray[np.int64], NDArray[np.int64]]],
    backgrounds: Sequence[Background | None],
) -> Floats:
    """Give held-out margins of several folds' models as deviations, each from its model's own.

    Models of two folds may have other settings, penalties or scales of features: their margins
    say the same in other units.

    Parameters
    ----------
    folds
        Rows that each model was fitted on, and those it was asked for.

    Examples
    --------
    >>> folds = [(np.array([1]), np.array([0])), (np.array([0]), np.array([1]))]
    >>> comparable(np.array([3.0, 30.0]), folds, [Background(1, 2), Background(10, 20)]).tolist()
    [1.0, 1.0]
    """
    deviations = np.full(len(margin), np.nan)
    for (_, held), background in zip(folds, backgrounds, strict=True):
        if background is None:
            raise ValueError("a model of a fold does not state its background")
        deviations[held] = standard(margin[held], background)
    return deviations
