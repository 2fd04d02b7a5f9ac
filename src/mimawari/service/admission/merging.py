"""A list's merge at work: who is on the list, who was pushed out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from mimawari.alerts.capacity import DayTopK
from mimawari.alerts.floors import LEAST_SCORE
from mimawari.alerts.ties import tie_break
from mimawari.service.admission.lists import held
from mimawari.service.admission.models import Alert, AlertState, Purpose

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from mimawari.service.admission.waiting import Waiting


class ListMerge(Protocol):
    """What admission asks of a merge, whatever orders the list.

    ``opened`` holds what gets an alert, ``displaced`` the versions that leave the list, ``room``
    is what of K is not spent.
    """

    topic: str
    day: date
    now: datetime
    room: int
    opened: dict[int, Waiting]
    displaced: set[int]

    def offer(self, candidate: Waiting) -> None:
        """Let a candidate compete for a place."""

    def beside(self, explored: Sequence[Waiting]) -> list[Waiting]:
        """Give what chance chose and is not on the list; the lowest of the list give way to it."""
        ...

    def holds(self, version: int) -> bool:
        """Whether a candidate waits for something else before it competes."""
        ...

    def priorities(self) -> Mapping[int, float]:
        """Give what orders the queue where that is not the score, by version."""
        ...

    def finish(self) -> list[Alert]:
        """Write what the merge itself keeps; gives alerts that are open again."""
        ...

    @property
    def floor(self) -> float:
        """The score to beat: what is below cannot come into the list."""
        ...


class Merge:
    """The running top K by score.

    Parameters
    ----------
    capacity
        K of the topic.
    """

    def __init__(self, topic: str, day: date, capacity: int, now: datetime) -> None:
        self.topic, self.day, self.now = topic, day, now
        self.opened: dict[int, Waiting] = {}
        self.displaced: set[int] = set()
        alerts = Alert.objects.filter(topic=topic, day=day)
        spent = alerts.filter(held(now)).count()
        free = alerts.filter(state=AlertState.OPEN, purpose=Purpose.TOP_K).exclude(held(now))
        names = ("score", "listing_version_id", "listing_version__listing_id")
        rows = list(free.values_list(*names))
        self.room = max(0, capacity - spent)
        self.top: DayTopK[int] = DayTopK(max(self.room, len(rows)))
        for score, version, listing_id in rows:
            self.top.offer(score, version, tie_break(listing_id))
        for version in self.top.shrink(self.room):
            self._push_out(version)

    def _push_out(self, version: int) -> Waiting | None:
        """Take a version off the list; gives its candidate where this very merge had opened it."""
        candidate = self.opened.pop(version, None)
        if candidate is None:
            self.displaced.add(version)
        return candidate

    def offer(self, candidate: Waiting) -> None:
        """Let a candidate compete for a place."""
        if candidate.score < LEAST_SCORE:
            return
        tie = tie_break(candidate.listing_id)
        admitted = self.top.offer(candidate.score, candidate.version, tie)
        if admitted is None:
            return
        self.opened[candidate.version] = candidate
        if admitted.displaced is not None:
            self._push_out(admitted.displaced)

    def beside(self, explored: Sequence[Waiting]) -> list[Waiting]:
        """Give what chance chose and is not on the list; the lowest of the list give way to it."""
        extra = [candidate for candidate in explored if candidate.version not in self.opened]
        while lowest := self.top.shrink(self.room - len(extra)):
            for version in lowest:
                candidate = self._push_out(version)
                if candidate is not None and candidate.probability is not None:
                    extra.append(candidate)
        return extra

    def holds(self, version: int) -> bool:
        """Say no: what competes does so at once."""
        return False

    def priorities(self) -> Mapping[int, float]:
        """Give none: the score orders the queue."""
        return {}

    def finish(self) -> list[Alert]:
        """Keep nothing: the alerts are the list."""
        return []

    @property
    def floor(self) -> float:
        """The K-th best."""
        return self.top.floor
