"""Evidence that a share is beyond a limit, from counts, at any time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import logsumexp

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Bets: how far between the limit and certainty the share is, in odds; the mean of all is taken.
FACTORS = (1.25, 1.6, 2.5, 5.0, 20.0, 100.0)


def above(hits: float, of: float, limit: float) -> float:
    r"""Give the log evidence that a share is above a limit, in nats.

    The mean over q > b of :math:`(q/b)^x ((1-q)/(1-b))^{n-x}` with n independent draws, x of them
    hits (a draw may count in part) and b the limit. For each q a draw multiplies the product, in
    the mean, by 1 or less as long as the share of hits, given all that was drawn before, is b or
    less: of x in [0, 1] the factor is at most linear in x. So by Ville's inequality the evidence
    ever reaches 1/a with a chance of a at most, however often one looks and wherever one stops.
    Only the counts matter, not the order.

    Parameters
    ----------
    hits, of
        x and n, from the beginning on.
    limit
        b; of limits that are not between 0 and 1 nothing is said.

    References
    ----------
    Ramdas, Gruenwald, Vovk & Shafer, "Game-theoretic statistics and safe anytime-valid
    inference", Statistical Science 38(4), 2023.

    Examples
    --------
    >>> round(above(hits=12, of=1000, limit=0.001), 2)
    15.49
    >>> above(hits=1, of=1000, limit=0.01) < 0
    True
    """
    return _log_evidence(hits, of, limit, np.array(FACTORS))


def below(hits: float, of: float, limit: float) -> float:
    """Give the log evidence that a share is below a limit: as `above`, with q < b.

    Examples
    --------
    >>> round(below(hits=0, of=20_000, limit=0.001), 1)
    18.4
    """
    return _log_evidence(hits, of, limit, 1 / np.array(FACTORS))


def _log_evidence(hits: float, of: float, limit: float, factors: NDArray[np.float64]) -> float:
    if not 0 < limit < 1:
        return 0.0
    odds = limit / (1 - limit) * factors
    bets = odds / (1 + odds)
    gains = hits * np.log(bets / limit) + (of - hits) * np.log((1 - bets) / (1 - limit))
    return float(logsumexp(gains) - math.log(len(factors)))
