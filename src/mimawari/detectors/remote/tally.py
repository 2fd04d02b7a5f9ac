"""What became of the listings that a remote model was asked about."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Tally:
    """Counts of one detector since it was made.

    Parameters
    ----------
    listings
        Those scored; the sum of the next four.
    cached
        Known before, or the same as another listing of the batch.
    answered, unreadable, unanswered
        Asked with an opinion; with an answer that could not be read; asked in vain, or not at
        all because asking had stopped.
    requests, tokens, seconds
        Spent; a request that is repeated counts again.
    estimated
        Whether some of the tokens are estimates, as the endpoint did not count them.
    problem
        What went wrong last with a request; empty where nothing did.
    stopped
        Why asking ended early; empty where it did not.
    """

    listings: int = 0
    cached: int = 0
    answered: int = 0
    unreadable: int = 0
    unanswered: int = 0
    requests: int = 0
    tokens: int = 0
    seconds: float = 0.0
    estimated: bool = False
    problem: str = ""
    stopped: str = ""
