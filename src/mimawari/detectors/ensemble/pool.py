"""One opinion out of several: the mean of their log-odds."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Protocol

import numpy as np
from scipy.special import logit

from mimawari.detectors.base import Detector

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

# Probabilities are float32: nearer to 1 than this they cannot be told apart.
NEAREST = 1e-6


class Member(Detector, Protocol):
    """A detector whose feature space is known."""

    @property
    def fingerprint(self) -> str:
        """Identifier of the feature space."""
        ...


def log_odds(probability: NDArray[np.floating]) -> NDArray[np.float64]:
    """Give the log-odds of probabilities, finite also for 0 and 1.

    Examples
    --------
    >>> log_odds(np.array([0.5, 0.9, 1.0])).round(2).tolist()
    [0.0, 2.2, 13.82]
    """
    found: NDArray[np.float64] = logit(np.clip(np.float64(probability), NEAREST, 1 - NEAREST))
    return found


def pool(probabilities: Sequence[NDArray[np.floating]]) -> NDArray[np.float64]:
    """Give the mean of the members' log-odds, over those that have an opinion.

    ``sum logit(p_i) / m``: a logarithmic opinion pool with equal weights (Genest & Zidek,
    "Combining Probability Distributions", 1986). Equal, because weights learnt from a few
    hundred violations vary more than they gain. NaN where no member has an opinion.

    Parameters
    ----------
    probabilities
        Calibrated, of each member; shape (n,).

    Examples
    --------
    >>> pool([np.array([0.5, 0.9]), np.array([0.5, np.nan])]).round(2).tolist()
    [0.0, 2.2]
    """
    odds = np.stack([log_odds(one) for one in probabilities])
    known = ~np.isnan(odds)
    total = np.where(known, odds, 0).sum(axis=0)
    count = known.sum(axis=0)
    found: NDArray[np.float64] = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return found


def fingerprint(members: Mapping[str, Member]) -> str:
    """Identify the feature spaces of all members."""
    whole = "\n".join(f"{name} {members[name].fingerprint}" for name in sorted(members))
    return hashlib.sha256(whole.encode()).hexdigest()[:16]
