"""How figures of trials are written."""

from __future__ import annotations


def percent(share: float) -> str:
    """Write a share.

    Examples
    --------
    >>> percent(0.25)
    '25 %'
    """
    return f"{share:.0%}".replace("%", " %").replace("-", "−")


def progress(share: float) -> str:
    """Write how far evidence has come; evidence for the opposite is none.

    Examples
    --------
    >>> progress(-0.4), progress(0.41), progress(1.2)
    ('0 %', '41 %', '100 %')
    """
    return percent(min(1.0, max(0.0, share)))


def points(difference: float) -> str:
    """Write a difference in percentage points, signed.

    Examples
    --------
    >>> points(0.031), points(-0.02), points(0.0)
    ('+3.1', '−2', '0')
    """
    shown = round(100 * difference, 1)
    return f"{shown:+g}".replace("-", "−") if shown else "0"
