"""Upper tails of the bivariate normal distribution, in closed form."""

from __future__ import annotations

import math

from scipy.special import ndtr, owens_t


def upper_tail(h: float, k: float, correlation: float) -> float:
    """Give P(X > h, Y > k) for standard normal X and Y of a correlation.

    By Owen's T function (Owen 1956, Annals of Mathematical Statistics 27):
    with ``r`` the correlation, ``c = sqrt(1 - r^2)`` and x = -h, y = -k,
    ``P(X < x, Y < y) = (Phi(x) + Phi(y) - d) / 2 - T(x, (y/x - r)/c) - T(y, (x/y - r)/c)``,
    where d is 1 if one of x and y is negative and the other is not, else 0.

    Parameters
    ----------
    h, k
        Thresholds in standard deviations.
    correlation
        Between -1 and 1, both excluded.

    Examples
    --------
    >>> round(upper_tail(0.0, 0.0, 0.5), 12)  # 1/4 + asin(r) / (2 pi)
    0.333333333333
    >>> round(upper_tail(1.0, 2.0, 0.0), 12) == round(float(ndtr(-1) * ndtr(-2)), 12)
    True
    """
    x, y = -h, -k
    low, high = min(x, y), max(x, y)
    opposite = low < 0 <= high  # which also covers 0 with a negative other
    return (
        float(ndtr(x) + ndtr(y) - opposite) / 2
        - _owen(x, y, correlation)
        - _owen(y, x, correlation)
    )


def _owen(x: float, y: float, correlation: float) -> float:
    """Give ``T(x, (y/x - r) / c)`` with its limits at x = 0, where T(0, a) = atan(a) / 2 pi."""
    c = math.sqrt((1 - correlation) * (1 + correlation))
    if x == 0:
        # y/x runs to infinity with the sign of y; at y = 0 the ratio is taken as 1.
        return math.copysign(0.25, y) if y else math.atan((1 - correlation) / c) / (2 * math.pi)
    return float(owens_t(x, (y / x - correlation) / c))
