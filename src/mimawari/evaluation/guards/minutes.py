"""Whether a minute is bad: its share is beyond a limit by more than chance."""

from __future__ import annotations

from scipy.stats import binom

SURELY = 0.99
LEAST_SELLERS = 20
"""Sellers without whom a minute says nothing; it goes on until there are so many."""


def is_bad(hits: float, of: float, limit: float) -> bool:
    """Whether hits are more than 99 of 100 minutes have whose share is the limit.

    Parameters
    ----------
    hits, of
        Sellers, independent within the minute.

    Examples
    --------
    >>> is_bad(3, 200, 0.01), is_bad(7, 200, 0.01), is_bad(200, 200, 1.0)
    (False, True, False)
    """
    return bool(hits > binom.ppf(SURELY, of, limit))
