"""How long `/health` and single listings take, while others do what they do."""

from __future__ import annotations

import asyncio
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

    health, single = Wire(*await _connected(server), "", ""), 0
    single_wire = await Wire.open(server, "/api/v1/listings", key)

    async def ask_health() -> None:
        health.writer.write(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        head = await health.reader.readuntil(b"\r\n\r\n")
        await health.reader.readexactly(_length(head))

    async def submit() -> None:
        nonlocal single
        single += 1
        await single_wire.post(listing(f"s{batches}-{single}"), 202)

    await asyncio.gather(
        _steady(ask_health, HEALTH_A_SECOND, end, latency.health),
        _steady(submit, SINGLES_A_SECOND, end, latency.single),
        *(batch(sender) for sender in range(batches)),
    )
    return latency


async def _connected(server: Server) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", server.port)


def _length(head: bytes) -> int:
    return int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])


async def _steady(
    work: Callable[[], Awaitable[None]], a_second: int, end: float, times: list[float]
) -> None:
    """Do a work so often; each time counts from when it was due, so waiting counts too."""
    loop = asyncio.get_running_loop()
    due = loop.time()
    while due < end:
        await asyncio.sleep(due - loop.time())
        await work()
        times.append(1e3 * (loop.time() - due))
        due += 1 / a_second


async def _send_batch(wire: Wire, body: bytes) -> None:
    """Send a batch, and read a line for each of it."""
    first = f"POST {wire.path} HTTP/1.1\r\n{wire.head}Content-Length: {len(body)}\r\n\r\n"
    wire.writer.write(first.encode() + body)
    await wire.reader.readuntil(b"\r\n\r\n")
    for _ in range(body.count(b"\n") + 1):
        await wire.reader.readline()
