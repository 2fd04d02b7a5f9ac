"""What may be spent, shared by all threads that ask."""

from __future__ import annotations

import threading

from mimawari.detectors.remote.errors import StopAskingError


class Budget:
    """Requests and tokens, taken before a request and settled after it.

    A request takes what it may cost at most and gives the rest back, so that requests at the
    same time cannot spend a bound twice. One that would not fit while others are under way waits
    for them, as they cost less than they took.

    Parameters
    ----------
    requests, tokens
        Bounds; None is none.

    Examples
    --------
    >>> budget = Budget(requests=None, tokens=100)
    >>> budget.take(90); budget.settle(90, 20)
    >>> budget.requests, budget.tokens
    (1, 20)
    >>> budget.take(90)
    Traceback (most recent call last):
        ...
    mimawari.detectors.remote.errors.StopAskingError: the budget of 100 tokens is spent
    """

    def __init__(self, requests: int | None, tokens: int | None) -> None:
        self._bounds = requests, tokens
        self._turn = threading.Condition()
        self._held = 0
        self._under_way = 0
        self.requests = 0
        self.tokens = 0

    def take(self, tokens: int) -> None:
        """Take one request of at most so many tokens.

        Raises
        ------
        StopAskingError
            It does not fit.
        """
        most_requests, most_tokens = self._bounds
        with self._turn:
            if most_tokens is not None:
                while self._under_way and self.tokens + self._held + tokens > most_tokens:
                    self._turn.wait()
                if self.tokens + tokens > most_tokens:
                    raise StopAskingError(f"the budget of {most_tokens:,} tokens is spent")
            if most_requests is not None and self.requests >= most_requests:
                raise StopAskingError(f"the budget of {most_requests:,} requests is spent")
            self.requests += 1
            self._held += tokens
            self._under_way += 1

    def settle(self, taken: int, tokens: int) -> None:
        """Replace what a request took by what it cost."""
        with self._turn:
            self._held -= taken
            self._under_way -= 1
            self.tokens += tokens
            self._turn.notify_all()


def estimated_tokens(text: str) -> int:
    """Estimate tokens where nobody counted them: rather too many, in any script.

    Examples
    --------
    >>> estimated_tokens("a cup"), estimated_tokens("湯のみ")
    (2, 3)
    """
    return -(-len(text.encode("utf-8", "replace")) // 3)
