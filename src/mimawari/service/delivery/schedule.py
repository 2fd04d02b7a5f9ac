"""When a delivery that failed is tried again, and when it is given up."""

from __future__ import annotations

from datetime import timedelta

MOST_ATTEMPTS = 11
"""Then it is a dead letter: after three days and some hours."""
FIRST_PAUSE, PAUSE_GROWS, LONGEST_PAUSE = 5.0, 4.0, 86_400.0
AWAY_AFTER = 5
"""So many failures in a row are the endpoint's, not its events': these lose no try by them."""
FIRST_REST, LONGEST_REST = 1.0, 300.0
DISABLED_AFTER = timedelta(days=5)
"""An endpoint that fails for so long is disabled; what waits stays."""
JITTER = 0.2


def pause(attempts: int, drawn: float) -> float:
    """Give the seconds until a delivery is tried again.

    Parameters
    ----------
    attempts
        Those that failed.
    drawn
        A number from 0 to 1 by chance: many that failed at once are not tried at once again.

    Examples
    --------
    >>> [round(pause(attempts, 0.5)) for attempts in range(1, 11)]
    [5, 20, 80, 320, 1280, 5120, 20480, 81920, 86400, 86400]
    >>> round(pause(1, 0.0), 1), round(pause(1, 1.0), 1)
    (4.0, 6.0)
    """
    return _jittered(min(LONGEST_PAUSE, FIRST_PAUSE * PAUSE_GROWS ** (attempts - 1)), drawn)


def rest(failures: int, drawn: float, asked: float = 0.0) -> float:
    """Give the seconds until an endpoint is asked again, with one delivery at a time.

    Parameters
    ----------
    failures
        Those in a row.
    asked
        Seconds that the other side asked for.

    Examples
    --------
    >>> [round(rest(failures, 0.5)) for failures in (1, 2, 5, 9, 50)]
    [1, 2, 16, 256, 300]
    >>> rest(1, 0.5, asked=60.0)
    60.0
    """
    grown = min(LONGEST_REST, FIRST_REST * 2.0 ** min(failures - 1, 20))
    return max(_jittered(grown, drawn), min(asked, LONGEST_REST))


def _jittered(seconds: float, drawn: float) -> float:
    return seconds * (1 - JITTER + 2 * JITTER * drawn)
