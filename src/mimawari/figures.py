"""Numbers as people read them."""

from __future__ import annotations

WIDE = 0.5
"""An interval of a share so wide says too little for its middle to be shown."""


def three_figures(value: float) -> str:
    """Write a number with three significant figures, never with an exponent where it is large.

    Examples
    --------
    >>> three_figures(29_312.0), three_figures(0.03125), three_figures(12.0)
    ('29,300', '0.0312', '12')
    """
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.0f}" if abs(rounded) >= 1000 else f"{rounded:.3g}"


def percent(share: float, beside: float = 0.0) -> str:
    """Write a share as a percentage, as finely as an interval of a width lets it be read.

    Parameters
    ----------
    beside
        Width of the interval that stands beside it.

    Examples
    --------
    >>> percent(0.0321), percent(0.0321, beside=0.4)
    ('3.21', '3')
    """
    return f"{100 * share:.0f}" if beside > 0.1 else f"{100 * share:.3g}"
