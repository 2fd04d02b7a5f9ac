"""What the requests of one process share: writer, keys, suite, heartbeat."""

from __future__ import annotations

import threading
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.applications import Starlette

from mimawari.service.api.auth import KeyRing
from mimawari.service.api.budget import Budget
from mimawari.service.api.feed_watch import FeedWatch
from mimawari.service.api.store import lending
from mimawari.service.api.store_watch import StoreWatch
from mimawari.service.catalogue.standings import StandingFollower
from mimawari.service.intake.writer import Writer
from mimawari.service.platform.heartbeats import Heartbeat
from mimawari.service.platform.running import state_of
from mimawari.service.releases.follower import SuiteFollower

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence


EDGE = "edge"


class Edge:
    """The writer, the budget, the suite, the heartbeat and the keys of one process.

    Parameters
    ----------
    needed
        Names the roles that the installation needs; health says which are missing.
    """

    def __init__(self, needed: Callable[[], Sequence[str]] = tuple) -> None:
        self.needed = needed
        self.budget = Budget()
        self.store = StoreWatch()
        self.writer = Writer()
        self.keys = KeyRing()
        self.feed = FeedWatch()
        self.suites = SuiteFollower()
        self.sellers = StandingFollower()
        loops = (self.suites,)
        heartbeat = Heartbeat(EDGE, lambda: self.suites.number, lambda: state_of(loops))
        self.suites.on_change = heartbeat.wake.set
        self._loops = (*loops, self.sellers, heartbeat, self.store)

    @asynccontextmanager
    async def lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        """Start the threads with the application, and end them after its last answer."""
        threads = [
            threading.Thread(target=loop.run, name=type(loop).__name__, daemon=True)
            for loop in self._loops
        ]
        self.store.begin()
        with lending():
            self.writer.start()
            for thread in threads:
                thread.start()
            yield
            self.writer.stop()
            for loop in self._loops:
                loop.stop()
            for thread in threads:
                thread.join()
