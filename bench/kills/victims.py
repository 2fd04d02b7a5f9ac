"""Who is killed: a role's process, the parent of all, or PostgreSQL; and how it comes back."""

from __future__ import annotations

import random
import time
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

import psutil

from bench.kills.rows import Rows
from bench.server import wait

if TYPE_CHECKING:
    from bench.postgres import OwnPostgres
    from bench.server import Server

# Of so many kills in a row of one role the supervisor waits longer each time.
MOST_OF_A_ROLE = 4
PARENT, STORE = "parent", "PostgreSQL"
PARENT_SHARE, STORE_SHARE = 0.06, 0.12
LONGEST = 0.8


class Victims:
    """Kills at random moments, from a seed.

    Parameters
    ----------
    postgres
        The server to kill now and then; None where the store is SQLite's or others' too.
    store_share, parent_share
        Of all kills, those of PostgreSQL and those of the parent.
    """

    def __init__(
        self,
        server: Server,
        postgres: OwnPostgres | None,
        seed: int,
        store_share: float = STORE_SHARE,
        parent_share: float = PARENT_SHARE,
    ) -> None:
        self.server, self.postgres = server, postgres
        self.store_share, self.parent_share = store_share, parent_share
        self.killed: Counter[str] = Counter()
        self._since_parent: Counter[str] = Counter()
        self._moments, self._chance = random.Random(seed), random.Random(seed)
        self._rows = Rows(server.url)

    def kill_one(self) -> None:
        """Wait for a random moment, kill, and have start again what nobody else starts."""
        time.sleep(self._moments.uniform(0.0, LONGEST))  # the moment is the point
        lot = self._moments.random()
        if self.postgres and lot < self.store_share:
            self._kill_store(self.postgres)
        elif lot > 1 - self.parent_share or not self._kill_role():
            self._kill_parent()

    def _kill_store(self, postgres: OwnPostgres) -> None:
        postgres.kill()
        postgres.start()
        self.killed[STORE] += 1

    def _kill_parent(self) -> None:
        self.server.kill()
        self.killed[PARENT] += 1
        self._since_parent.clear()
        self.server.start()

    def _kill_role(self) -> bool:
        """Kill a role's process; False where each was killed often enough under this parent."""
        roles = self._alive()
        names = sorted(n for n in roles if self._since_parent[n] < MOST_OF_A_ROLE)
        if not names:
            return not roles and self._wait_for_a_role()
        name = self._chance.choice(names)
        with suppress(psutil.NoSuchProcess):
            psutil.Process(roles[name]).kill()
            self.killed[name] += 1
            self._since_parent[name] += 1
        return True

    def _wait_for_a_role(self) -> bool:
        wait(lambda: bool(self._alive()), 60)
        return True

    def _alive(self) -> dict[str, int]:
        """Give the process of each role that has told the store of itself and runs."""
        assert self.server.process is not None
        parent = psutil.Process(self.server.process.pid)
        children = {c.pid for c in parent.children() if c.status() != psutil.STATUS_ZOMBIE}
        known = self._rows("SELECT role, pid FROM platform_roleprocess ORDER BY id")
        return {str(role): int(str(pid)) for role, pid in known if pid in children}
