"""One opinion out of several: their mean, on one scale."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Protocol

import numpy as np

from mimawari.detectors.base import Detector

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from mimawari.listings.batch import ListingBatch
    from mimawari.records.lineage import Lineage

    Floats = NDArray[np.float64]


class Member(Detector, Protocol):
    """A detector whose margins, feature space and lineage are known."""

    lineage: Lineage

    @property
    def fingerprint(self) -> str:
        """Identifier of the feature space."""
        ...

    def margin(self, batch: ListingBatch) -> Floats:
        """Give the margin of each listing, shape (n,)."""
        ...


def pool(log_odds: Sequence[Floats]) -> Floats:
    """Give the mean of the members' log-odds, over those that have an opinion.

    ``sum logit(p_i) / m``: a logarithmic opinion pool with equal weights (Genest & Zidek,
    "Combining Probability Distributions", 1986). Equal, because weights learnt from a few
    hundred violations vary more than they gain. NaN where no member has an opinion. Any line of
    the log-odds that all members share gives the same ranking.

    Parameters
    ----------
    log_odds
        Of each member; shape (n,).

    Examples
    --------
    >>> pool([np.array([0.0, 2.0, np.nan]), np.array([1.0, np.nan, np.nan])]).tolist()
    [0.5, 2.0, nan]
    """
    odds = np.stack(log_odds)
    known = ~np.isnan(odds)
    total, count = np.where(known, odds, 0).sum(axis=0), known.sum(axis=0)
    mean: Floats = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return mean


def fingerprint(members: Mapping[str, Member]) -> str:
    """Identify the feature spaces of all members."""
    whole = "\n".join(f"{name} {members[name].fingerprint}" for name in sorted(members))
    return hashlib.sha256(whole.encode()).hexdigest()[:16]
