"""Requests that wait for something to happen: one look into the store for all of them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from mimawari.service.api.store import connected
from mimawari.service.delivery.sealed_events import sealed_size

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

LOOK_SECONDS = 0.1
MOST_WAITING = 200
"""Requests of one process that wait; the others are answered at once."""


class FeedWatch:
    """Tells requests of one process when the ledger has grown."""

    def __init__(self) -> None:
        self.waiting = 0
        self._look: asyncio.Task[int] | None = None

    async def growths(self, size: int, seconds: float) -> AsyncGenerator[int, None]:
        """Yield the ledger's size each time that it has grown, for at most so many seconds."""
        if self.waiting >= MOST_WAITING:
            return
        until = asyncio.get_running_loop().time() + seconds
        self.waiting += 1
        try:
            while asyncio.get_running_loop().time() < until:
                if (now := await self._next_look()) > size:
                    size = now
                    yield size
        finally:
            self.waiting -= 1

    async def _next_look(self) -> int:
        if self._look is None or self._look.done():
            self._look = asyncio.create_task(_look())
        return await asyncio.shield(self._look)


async def _look() -> int:
    await asyncio.sleep(LOOK_SECONDS)
    return await run_in_threadpool(_size)


def _size() -> int:
    with connected():
        return sealed_size()
