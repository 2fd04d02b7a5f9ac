"""A search for the first violations: what few labels teach, and what rules hit, in turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mimawari.alerts.selection.pool import best
from mimawari.detectors.gbdt.linear import TextSettings, fit_text, length_scale, matrix
from mimawari.detectors.ngrams import NgramSpec

if TYPE_CHECKING:
    from mimawari.alerts.selection.pool import Floats, Pool, Rows
    from mimawari.listings.normalise import CanonicalTexts


def likeness(texts: CanonicalTexts, labels: Floats) -> Floats | None:
    """Order texts by a text score of the labels at hand, however few: a model to search by.

    Nobody is served by it. One violation is enough to look for what reads like it and unlike
    the rest; where nothing that violates is labelled yet, or all is, it is None.

    Parameters
    ----------
    labels
        1 violates, 0 does not, NaN is unknown; shape (len(texts),).

    Examples
    --------
    >>> from mimawari.listings.normalise import canonicalise
    >>> texts = canonicalise(["old gun", "blue cup", "red lamp", "gun, new", "cup, new"])
    >>> likeness(texts, np.array([1, 0, 0, np.nan, np.nan])).argsort()[::-1][:2].tolist()
    [0, 3]
    """
    known = np.flatnonzero(~np.isnan(labels))
    y = labels[known] == 1
    if not y.any() or y.all():
        return None
    x, scale = matrix(texts, NgramSpec()), length_scale(texts)
    weights, intercept = fit_text(x[known], scale[known], y, np.ones(len(known)), TextSettings())
    return np.asarray((x @ weights) * scale + intercept, np.float64)


def in_turn(orders: Floats, pool: Pool, budget: int) -> Rows:
    """Give the open rows of the greatest values of each order, one of each in turn.

    Of each order at most ``budget`` rows: to pass over copies must not lead to what is unlikely.
    Rows without a value in an order (NaN) are not in it.

    Examples
    --------
    >>> from mimawari.alerts.selection.pool import Pool
    >>> pool = Pool("abcd", np.zeros(4, bool))
    >>> in_turn(np.array([[0.9, 0.8, 0.7, 0.1], [np.nan, np.nan, np.nan, 0.5]]), pool, 2).tolist()
    [0, 3, 1]
    """
    lists = [
        best(values, pool, min(budget, int((~np.isnan(values[pool.open])).sum()))).tolist()
        for values in orders
    ]
    merged = dict.fromkeys(
        rows[place]
        for place in range(max(map(len, lists), default=0))
        for rows in lists
        if place < len(rows)
    )
    return np.array(list(merged), np.int64)
