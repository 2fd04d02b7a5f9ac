"""SIGKILL at seeded random moments while listings stream in; then the books are checked."""

from __future__ import annotations

import json
import random
import threading
from collections import Counter
from dataclasses import dataclass, field

import httpx

from bench.server import Server

# After its first answer a server lives this long at most: intake, scoring and both are hit.
LONGEST = 0.6
LINES = 200


@dataclass
class Verdict:
    """What became of the listings whose acceptance a client read."""

    kills: int
    acknowledged: int
    lost: list[str] = field(default_factory=list)
    unscored: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)


class Killing:
    """Streams listings from two clients, kills the server, and starts it again.

    Parameters
    ----------
    server
        Not started; topics are in force.
    key
        A key with every scope.
    """

    def __init__(self, server: Server, key: str, seed: int) -> None:
        self.server = server
        self.key = key
        self.random = random.Random(seed)
        self.acknowledged: list[str] = []
        self.kills = 0
        self._number = 0
        self._lock = threading.Lock()

    def once(self) -> None:
        """Start, stream, kill."""
        self.server.start()
        streams = (self._batches, self._singles)
        threads = [threading.Thread(target=one) for one in streams]
        for thread in threads:
            thread.start()
        threading.Event().wait(self.random.uniform(0.0, LONGEST))
        self.server.kill()
        self.kills += 1
        for thread in threads:
            thread.join()

    def _next(self) -> dict[str, object]:
        with self._lock:
            self._number += 1
            title = "a glock pistol" if self._number % 50 == 0 else "a cup"
            return {"id": f"K{self._number}", "version": 1, "seller_id": "s", "title": title}

    def _batches(self) -> None:
        """Send lines until the server is gone, noting each accepted line once it was read."""
        with self.server.client(self.key) as client:
            while True:
                lines = "\n".join(json.dumps(self._next()) for _ in range(LINES))
                path = "/api/v1/listings:batch"
                try:
                    with client.stream("POST", path, content=lines.encode()) as answer:
                        for line in answer.iter_lines():
                            self._note(json.loads(line))
                except (httpx.TransportError, json.JSONDecodeError):
                    return

    def _singles(self) -> None:
        with self.server.client(self.key) as client:
            while True:
                try:
                    answer = client.post("/api/v1/listings", json=self._next())
                except httpx.TransportError:
                    return
                if answer.status_code == 202:
                    self._note(answer.json())

    def _note(self, told: dict[str, object]) -> None:
        if told["status"] == "accepted":
            with self._lock:
                self.acknowledged.append(str(told["listing_id"]))

    def verdict(self) -> Verdict:
        """Start once more, let it finish, and compare the store with what was acknowledged."""
        self.server.start()
        self.server.drained()
        self.server.stop()
        kept = self._rows("SELECT listing_id, state FROM intake_listingversion")
        states = {listing: int(state) for listing, state in kept}
        scores = self._rows(
            "SELECT v.listing_id, count(*) FROM scoring_score s JOIN intake_listingversion v"
            " ON v.id = s.listing_version_id GROUP BY v.listing_id"
        )
        scored = {listing: int(count) for listing, count in scores}
        rows = Counter(listing for listing, _ in kept)
        told = self.acknowledged
        return Verdict(
            kills=self.kills,
            acknowledged=len(told),
            lost=[one for one in told if one not in states],
            unscored=[one for one in told if states.get(one) != 1 or one not in scored],
            twice=[one for one in rows if rows[one] > 1 or scored.get(one, 0) > 1],
        )

    def _rows(self, query: str) -> list[tuple[str, int]]:
        if self.server.url.startswith("sqlite"):
            import sqlite3
            from contextlib import closing

            with closing(sqlite3.connect(self.server.url.removeprefix("sqlite:///"))) as store:
                return list(store.execute(query))
        import psycopg

        with psycopg.connect(self.server.url) as store:
            return list(store.execute(query.encode()))
