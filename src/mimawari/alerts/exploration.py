"""The exploration slice: listings reviewed by chance, so that labels are not only of the list.

Poisson sampling: every listing version is chosen by itself, with a known probability above
zero that depends on its score and on what came before it, never on what was chosen before.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# Listings a day that are assumed before any day was seen: too many explores too little, for a day.
FIRST_VOLUME = 10_000
# Part of the slice that is drawn uniformly, whatever the score.
UNIFORM = 0.5
# Scores are raised to this power: those near the floor are preferred, but not alone.
TEMPER = 0.5
_ODD = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


@dataclass(frozen=True, slots=True)
class Volume:
    """What one topic's day is measured by: listings, and the sum of their tempered scores.

    Parameters
    ----------
    listings, tempered
        Of today so far, the batch at hand included.
    usual_listings, usual_tempered
        Means of the last days; None before the first.
    """

    listings: int
    tempered: float
    usual_listings: float | None = None
    usual_tempered: float | None = None

    @property
    def expected(self) -> tuple[float, float]:
        """Listings and tempered sum to expect of the whole day: the usual, or more if passed.

        Examples
        --------
        >>> Volume(100, 5.0).expected, Volume(100, 5.0, 50.0, 10.0).expected
        ((10000.0, 500.0), (100.0, 10.0))
        """
        if self.usual_listings is None:
            whole = float(max(FIRST_VOLUME, self.listings))
            return whole, self.tempered * whole / max(1, self.listings)
        return (
            max(float(self.listings), self.usual_listings),
            max(self.tempered, self.usual_tempered or 0.0),
        )


def slice_size(capacity: int, share: float) -> float:
    """Give the expected number of explored listings a day: a share of K, at least one.

    A small K gives at most a tenth of itself.

    Examples
    --------
    >>> slice_size(1000, 0.03), slice_size(20, 0.03), slice_size(3, 0.03), slice_size(3, 0.0)
    (30.0, 1.0, 0.3, 0.0)
    """
    return max(share * capacity, min(1.0, capacity / 10)) if share > 0 else 0.0


def temper(scores: NDArray[np.floating], floor: float) -> Floats:
    """Give ``score ** TEMPER`` below the floor; 0 from the floor up, and where there is none.

    Examples
    --------
    >>> temper(np.array([0.25, 0.9, np.nan]), 0.5).tolist()
    [0.5, 0.0, 0.0]
    """
    below = np.nan_to_num(np.asarray(scores, np.float64))
    return np.where(below < floor, np.maximum(below, 0.0), 0.0) ** TEMPER


def probabilities(tempered: Floats, size: float, volume: Volume) -> Floats:
    """Give each listing's probability of being explored.

    ``size (u / N + (1 - u) g_i / G)``, at most 1: a uniform part u, and a part proportional to
    the tempered score g of what lies below the running floor. With N listings and a sum G in
    the day, the sum is ``size``. N and G are those of a usual day until today passes them;
    a day of twice the listings gives up to ``size (1 + ln 2)``. Where nothing lies below the
    floor, all of it is uniform.

    Examples
    --------
    >>> probabilities(np.array([0.0, 1.0]), 1.0, Volume(2, 1.0, 2.0, 1.0)).tolist()
    [0.25, 0.75]
    """
    listings, total = volume.expected
    if total <= 0:
        return np.full(len(tempered), min(1.0, size / listings))
    return np.minimum(1.0, size * (UNIFORM / listings + (1 - UNIFORM) * tempered / total))


def chances(secret: bytes, purpose: str, ids: NDArray[np.int64]) -> Floats:
    """Give each identifier a number in [0, 1) that only the secret tells.

    The same every time, so that scoring again draws nothing anew. Two rounds of the
    finaliser of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014), keyed by an HMAC of the purpose.

    Examples
    --------
    >>> a, b = (chances(b"key", p, np.arange(1000)) for p in ("weapons", "drugs"))
    >>> bool(0.45 < a.mean() < 0.55), bool(abs(np.corrcoef(a, b)[0, 1]) < 0.1)
    (True, True)
    """
    digest = hmac.digest(secret, purpose.encode(), hashlib.sha256)
    first, second = np.frombuffer(digest[:16], np.uint64)
    with np.errstate(over="ignore"):
        mixed = _mix(_mix(ids.astype(np.uint64) ^ first) + second)
    return np.asarray(mixed >> np.uint64(11), np.float64) / 2.0**53


def _mix(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    x = (x ^ (x >> np.uint64(30))) * _ODD[0]
    x = (x ^ (x >> np.uint64(27))) * _ODD[1]
    return x ^ (x >> np.uint64(31))
