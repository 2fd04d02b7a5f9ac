"""The capacity contract: of a topic and day, the K highest scores seen so far."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Admission(Generic[Key]):
    """An item entered the top K; ``displaced`` is the item that left it, if any."""

    displaced: Key | None = None


@dataclass(slots=True)
class DayTopK(Generic[Key]):
    """The running top K of one topic and day.

    Moderators work before the day is over, so an alert opens when its score enters the
    running top K and is displaced when K better ones came. At any time exactly the K best so
    far are in; in random order about ``K (1 + ln(n / K))`` of n items ever enter.

    Parameters
    ----------
    capacity
        K, at least 0.

    Examples
    --------
    >>> top = DayTopK(2)
    >>> [top.offer(s, k) for s, k in ((0.2, "a"), (0.9, "b"), (0.1, "c"), (0.5, "d"))]
    [Admission(displaced=None), Admission(displaced=None), None, Admission(displaced='a')]
    >>> top.floor
    0.5
    """

    capacity: int
    _heap: list[tuple[float, str, Key]] = field(default_factory=list)

    @property
    def floor(self) -> float:
        """The score to beat: the K-th best so far, -inf while there is room."""
        if not self.capacity:
            return float("inf")
        return self._heap[0][0] if len(self._heap) >= self.capacity else float("-inf")

    def offer(self, score: float, key: Key, tie: str = "") -> Admission[Key] | None:
        """Offer one item; None where K better ones are known.

        Of equal scores the greater ``tie`` wins, whatever came first.
        """
        entry = (score, tie, key)
        if len(self._heap) < self.capacity:
            heapq.heappush(self._heap, entry)
            return Admission()
        if not self.capacity or entry[:2] <= self._heap[0][:2]:
            return None
        return Admission(heapq.heapreplace(self._heap, entry)[2])

    def shrink(self, capacity: int) -> list[Key]:
        """Lower K; gives what is out then, lowest first.

        Examples
        --------
        >>> top = DayTopK(3)
        >>> _ = [top.offer(s, k) for s, k in ((0.2, "a"), (0.9, "b"), (0.5, "c"))]
        >>> top.shrink(1), top.keys()
        (['a', 'c'], {'b'})
        """
        self.capacity = max(0, capacity)
        over = range(len(self._heap) - self.capacity)
        return [heapq.heappop(self._heap)[2] for _ in over]

    def keys(self) -> set[Key]:
        """Give the items that are in now."""
        return {key for _, _, key in self._heap}
