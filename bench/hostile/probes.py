"""How long `/health` and single listings take, while others do what they do."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import numpy as np

from bench.server import Server
from bench.wire import Wire

HEALTH_A_SECOND, SINGLES_A_SECOND = 10, 20
LINES = 1_000


@dataclass
class Latency:
    """Milliseconds of each request, from when it was due."""

    health: list[float] = field(default_factory=list)
    single: list[float] = field(default_factory=list)
    batched: int = 0

    def summary(self) -> dict[str, float]:
        """Give median, p99 and the longest."""
        quantiles = {"median": 0.5, "p99": 0.99, "longest": 1.0}
        return {
            f"{name}_{word}_ms": float(np.quantile(times, share))
            for name, times in (("health", self.health), ("single", self.single))
            for word, share in quantiles.items()
        } | {"batch_listings": self.batched}


def listing(name: str) -> bytes:
    """Write an ordinary listing."""
    body = {
        "id": name,
        "version": 1,
        "seller_id": "s",
        "title": "a cup of tea",
        "description": "x" * 300,
    }
    return json.dumps(body).encode()


async def undisturbed(server: Server, key: str, seconds: float, batches: int = 0) -> Latency:
    """Probe for so long, with so many senders of batches that never pause."""
    latency, end = Latency(), asyncio.get_running_loop().time() + seconds

    async def batch(sender: int) -> None:
        wire, number = await Wire.open(server, "/api/v1/listings:batch", key), 0
        while asyncio.get_running_loop().time() < end:
            lines = [listing(f"b{sender}-{number + i}") for i in range(LINES)]
            await _send_batch(wire, b"\n".join(lines))
            number += LINES
            latency.batched += LINES
        await wire.close()

    health, single = Pool(server, "", ""), Pool(server, "/api/v1/listings", key)
    numbers = itertools.count()

    async def health_on(wire: Wire) -> None:
        wire.writer.write(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        head = await wire.reader.readuntil(b"\r\n\r\n")
        await wire.reader.readexactly(_length(head))

    async def ask_health() -> None:
        await health.use(health_on)

    async def submit() -> None:
        body = listing(f"s{batches}-{next(numbers)}")
        await single.use(lambda wire: wire.post(body, 202))

    await asyncio.gather(
        _steady(ask_health, HEALTH_A_SECOND, end, latency.health),
        _steady(submit, SINGLES_A_SECOND, end, latency.single),
        *(batch(sender) for sender in range(batches)),
    )
    return latency


@dataclass
class Pool:
    """Connections of a client that opens another where all of its own wait for an answer."""

    server: Server
    path: str
    key: str
    idle: list[Wire] = field(default_factory=list)

    async def use(self, work: Callable[[Wire], Awaitable[object]]) -> None:
        """Ask on one that is idle; on another where the server closed it meanwhile."""
        while True:
            fresh = not self.idle
            wire = await self._open() if fresh else self.idle.pop()
            try:
                await work(wire)
            except (OSError, asyncio.IncompleteReadError):
                if fresh:
                    raise
            else:
                self.idle.append(wire)
                return

    async def _open(self) -> Wire:
        return await Wire.open(self.server, self.path, self.key)


def _length(head: bytes) -> int:
    return int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])


async def _steady(
    work: Callable[[], Awaitable[None]], a_second: int, end: float, times: list[float]
) -> None:
    """Begin a work so often, whether those before have ended or not.

    Each time counts from when it was due. A client that waited for one answer before it asked
    again would ask less where answers are slow, or count one slow answer many times.
    """
    loop = asyncio.get_running_loop()

    async def one(due: float) -> None:
        await work()
        times.append(1e3 * (loop.time() - due))

    due = loop.time()
    async with asyncio.TaskGroup() as tasks:
        while due < end:
            await asyncio.sleep(due - loop.time())
            tasks.create_task(one(due))
            due += 1 / a_second


async def _send_batch(wire: Wire, body: bytes) -> None:
    """Send a batch, and read a line for each of it."""
    first = f"POST {wire.path} HTTP/1.1\r\n{wire.head}Content-Length: {len(body)}\r\n\r\n"
    wire.writer.write(first.encode() + body)
    await wire.reader.readuntil(b"\r\n\r\n")
    for _ in range(body.count(b"\n") + 1):
        await wire.reader.readline()
