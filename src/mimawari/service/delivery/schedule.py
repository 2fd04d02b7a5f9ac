"""When a delivery that failed is tried again, and when it is given up."""

from __future__ import annotations

MOST_ATTEMPTS = 11
"""Then it is a dead letter: after three days and some hours."""
FIRST_PAUSE, PAUSE_GROWS, LONGEST_PAUSE = 5.0, 4.0, 86_400.0
REST_AFTER = 5
"""So many tries in a row that fail, and the endpoint is asked with one delivery at a time."""
FIRST_REST, LONGEST_REST = 1.0, 300.0
JITTER = 0.2


def pause(attempts: int, drawn: float, asked: float = 0.0) -> float:
    """Give the seconds until the next try.

    Parameters
    ----------
    attempts
        Those that failed.
    drawn
        A number from 0 to 1 by chance: many that failed at once are not tried at once again.
    asked
        Seconds that the other side asked for.

    Examples
    --------
    >>> [round(pause(attempts, 0.5)) for attempts in range(1, 11)]
    [5, 20, 80, 320, 1280, 5120, 20480, 81920, 86400, 86400]
    >>> round(pause(1, 0.0), 1), round(pause(1, 1.0), 1), pause(1, 0.5, asked=60.0)
    (4.0, 6.0, 60.0)
    """
    grown = min(LONGEST_PAUSE, FIRST_PAUSE * PAUSE_GROWS ** (attempts - 1))
    return max(grown * (1 - JITTER + 2 * JITTER * drawn), min(asked, LONGEST_PAUSE))


def rest(failures: int, drawn: float) -> float:
    """Give the seconds until an endpoint that keeps failing is asked again.

    Examples
    --------
    >>> [round(rest(failures, 0.5)) for failures in (1, 5, 6, 10, 50)]
    [0, 1, 2, 32, 300]
    """
    if failures < REST_AFTER:
        return 0.0
    grown = min(LONGEST_REST, FIRST_REST * 2.0 ** min(failures - REST_AFTER, 20))
    return grown * (1 - JITTER + 2 * JITTER * drawn)
