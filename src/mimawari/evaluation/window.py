"""Whether the candidate found more in one window: for dashboards, never to promote by.

The window's own difference is partly luck: under equal models half of all windows favour the
candidate, and this statistic is right to say so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mimawari.evaluation.mixture import log_total

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]


def window_trajectory(labels: ArrayLike, size: int, known_hits: int) -> Floats:
    """Give the log evidence that a list of known size holds more hits than another, known one.

    Items are drawn without replacement, uniformly at random. Each draw multiplies the bet on
    ``t`` hits by ``(t - k) / (h - k)`` for a hit and ``(size - n - t + k) / (size - n - h + k)``
    for a miss, after n draws with k hits; h is the other list's number. The mean over all
    ``t > h`` is a martingale where the list holds h hits, and a supermartingale where it holds
    fewer (Waudby-Smith & Ramdas 2020, arXiv 2006.04347). Infinite once more than h were found.

    Parameters
    ----------
    labels
        Shape (n,): labels in the order drawn.
    size
        Items of the list.
    known_hits
        Violations of the other list, of the same size.

    Examples
    --------
    >>> np.exp(window_trajectory([1, 1, 1], 4, 2)).round(3).tolist()
    [1.75, 4.5, inf]
    """
    y = np.asarray(labels, np.int64)
    bets = np.arange(known_hits + 1, size + 1)
    if not len(y) or not len(bets):
        return np.zeros(len(y))
    drawn, found = np.arange(len(y)), np.cumsum(y) - y
    numerator = np.where(y, bets[:, None] - found, size - drawn - bets[:, None] + found)
    denominator = np.where(y, known_hits - found, size - drawn - known_hits + found)
    # What cannot happen with h hits is infinite evidence, with t hits a bet that is lost.
    with np.errstate(divide="ignore"):
        steps = np.log(np.maximum(numerator, 0)) - np.log(np.maximum(denominator, 1))
    proved = np.cumsum((denominator <= 0) & (y == 1)) > 0
    refuted = np.cumsum((denominator <= 0) & (y == 0)) > 0
    lost = np.cumsum(numerator <= 0, axis=1) > 0
    paths = np.where(lost, -np.inf, np.cumsum(np.where(lost, 0.0, steps), axis=1))
    with np.errstate(divide="ignore"):
        log_e = log_total(paths - np.log(len(bets)))
    return np.where(proved, np.inf, np.where(refuted, -np.inf, log_e))
