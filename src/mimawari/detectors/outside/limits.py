"""What a model of an outside kind may take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one model's process.

    Parameters
    ----------
    seconds
        For an answer, on `listings` listings at most; afterwards the process is ended.
    start_seconds
        To start, import the package and load the folder.
    listings
        Put at a time.
    megabytes
        Of memory that the process may write to.
    faults
        Answers in a row that are no scores, until it is asked nothing for a while.
    first_rest, longest_rest
        Seconds of that while, which doubles from time to time.
    good
        Good answers in a row until the first rest is the shortest one again.
    """

    seconds: float = 2.0
    start_seconds: float = 60.0
    listings: int = 250
    megabytes: int = 2_048
    faults: int = 3
    first_rest: float = 1.0
    longest_rest: float = 600.0
    good: int = 100
