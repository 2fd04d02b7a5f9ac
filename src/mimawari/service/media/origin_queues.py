"""Due snapshots in a line for each origin: a server that stalls holds up its own pictures only."""

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


class Line:
    """The due snapshots of one origin, those that have waited longest first.

    No index knows the origins, so a line remembers up to when it took all: what waits for a
    server that stalls is not gone through again for each picture of another. Once a minute it
    looks at everything, for what was written late.

    Parameters
    ----------
    mine
        Which snapshots are in the line.
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
        found = lease(most, self._mine & later)
        self._since = found[-1].due_at if found else now - WRITTEN_WITHIN
        self.held += len(found)
        return found


class Lines:
    """A line for each origin, and one for what is of none of them (any more).

    Examples
    --------
    >>> len(Lines(["https://img.example", "https://other.example"]).all)
    3
    """

    def __init__(self, origins: Iterable[str]) -> None:
        named = [Q(url__startswith=f"{origin}/") for origin in origins]
        rest = ~reduce(or_, named) if named else Q()
        self.all = deque(map(Line, [*named, rest]))

    def take(self, free: int) -> Iterator[tuple[Line, Snapshot]]:
        """Give free threads to lines, to those first that were not given any for longest.

        A line takes a further thread only while more are free than it holds. So one that
        stalls holds half of all, a second one half of what is left, and so on.
        """
        for line in tuple(self.all):
            most = (free - line.held + 1) // 2
            found = line.take(most) if most > 0 else []
            if found:
                free -= len(found)
                self.all.remove(line)
                self.all.append(line)
            yield from ((line, one) for one in found)
