"""The load: listings and their edits are sent, and each alert is decided, at a steady pace."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from bench.server import Server

LISTINGS = 12
"""Few, so that many events are about each."""


class Load:
    """One shop and one moderator.

    Parameters
    ----------
    pause
        Seconds between two decisions.
    """

    def __init__(self, server: Server, shop: str, moderator: str, pause: float) -> None:
        self.server, self.pause = server, pause
        self.decided: dict[int, float] = {}
        """When each alert's decision was sent, by the clock that all processes share."""
        self.errors: list[str] = []
        self._keys = shop, moderator
        self._ending = threading.Event()
        self._threads = [threading.Thread(target=self._send), threading.Thread(target=self._decide)]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Finish what was begun."""
        self._ending.set()
        for thread in self._threads:
            thread.join(60)

    def _send(self) -> None:
        number = 0
        with self.server.client(self._keys[0]) as client:
            while not self._ending.wait(self.pause):
                version, at = divmod(number, LISTINGS)
                title = f"a weed {version}"
                body = {"id": f"L{at}", "version": version + 1, "seller_id": "s", "title": title}
                answer = client.post("/api/v1/listings", json=body)
                if answer.status_code == 202:
                    number += 1
                else:
                    self.errors.append(f"listing: {answer.status_code} {answer.text}"[:200])

    def _decide(self) -> None:
        with self.server.client(self._keys[1]) as client:
            while not self._ending.wait(self.pause):
                self._decide_one(client)

    def _decide_one(self, client: httpx.Client) -> None:
        item = client.post("/api/v1/reviews:next", json={})
        if item.status_code != 200:
            return
        alert = int(item.json()["alert"])
        began = time.clock_gettime(time.CLOCK_MONOTONIC)
        said = client.post(f"/api/v1/reviews/{alert}", json={"verdict": "violates"})
        if said.status_code == 200:
            self.decided[alert] = began
        elif said.status_code != 409:  # an edit came in between
            self.errors.append(f"decision: {said.status_code} {said.text}"[:200])
