"""Due snapshots in a queue for each origin: a server that stalls holds up its own pictures only."""

from __future__ import annotations

from collections import deque
from datetime import timedelta
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from django.db.models import Q

from mimawari.service.media.leases import LEASE_SECONDS, lease
from mimawari.service.platform import clock

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from mimawari.service.media.models import Snapshot

# A row may be written this much later than it is due from: its version came, then was checked.
WRITTEN_WITHIN = timedelta(seconds=10)
LOOK_AGAIN = timedelta(seconds=LEASE_SECONDS)


class OriginQueue:
    """The due snapshots of one origin, those that have waited longest first.

    No index knows the origins, so a queue remembers up to when it took all: what waits for a
    server that stalls is not gone through again for each picture of another. Once a minute it
    looks at everything, for what was written late.

    Parameters
    ----------
    mine
        Which snapshots are in the queue.
    """

    def __init__(self, mine: Q) -> None:
        self.held = 0  # threads
        self._mine = mine
        self._since: datetime | None = None
        self._look_again = clock.database_now() + LOOK_AGAIN

    def take(self, most: int) -> list[Snapshot]:
        """Lease some, to a thread each."""
        now = clock.database_now()
        if now >= self._look_again:
            self._since, self._look_again = None, now + LOOK_AGAIN
        later = Q(due_at__gte=self._since) if self._since else Q()
        leased = lease(most, self._mine & later)
        self._since = leased[-1].due_at if leased else now - WRITTEN_WITHIN
        self.held += len(leased)
        return leased


class OriginQueues:
    """A queue for each origin, and one for what is of none of them (any more).

    Examples
    --------
    >>> len(OriginQueues(["https://img.example", "https://other.example"]).all)
    3
    """

    def __init__(self, origins: Iterable[str]) -> None:
        named = [Q(url__startswith=f"{origin}/") for origin in origins]
        rest = ~reduce(or_, named) if named else Q()
        self.all = deque(map(OriginQueue, [*named, rest]))

    def take(self, free: int) -> Iterator[tuple[OriginQueue, Snapshot]]:
        """Give free threads to queues, to those first that were not given any for longest.

        A queue takes a further thread only while more are free than it holds. So one that
        stalls holds half of all, a second one half of what is left, and so on.
        """
        for queue in tuple(self.all):
            most = (free - queue.held + 1) // 2
            leased = queue.take(most) if most > 0 else []
            if leased:
                free -= len(leased)
                self.all.remove(queue)
                self.all.append(queue)
            yield from ((queue, snapshot) for snapshot in leased)
