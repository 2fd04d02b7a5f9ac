"""How many versions fit into a transaction that nobody waits long for."""

from __future__ import annotations

SECONDS = 0.3
FIRST, MOST = 20, 2_000


class Pace:
    """Follows what the last transactions took: a version in a large batch takes far longer.

    Examples
    --------
    >>> pace = Pace()
    >>> pace.took(0.01)
    >>> pace.versions
    40
    >>> pace.took(1.2)
    >>> pace.versions
    10
    """

    def __init__(self) -> None:
        self.versions = FIRST

    def took(self, seconds: float) -> None:
        """Choose the next number: at most twice the last one."""
        factor = min(2.0, SECONDS / max(seconds, 1e-6))
        self.versions = max(1, min(MOST, int(self.versions * factor)))
