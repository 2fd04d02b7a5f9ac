"""Intake end to end: durable, scored, alerted, embedded."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from bench.environment import aim, result, rounded, write
from bench.install import install
from bench.server import Server
from bench.wire import Wire
from bench.workload import TOPICS, listings
from mimawari.listings.listing import Listing

GROUP = 1_000
CONNECTIONS = 32


@contextmanager
def serving(start: bool = True) -> Iterator[tuple[Server, str]]:
    """Run a server with twenty topics, each with rules and a model; gives it and a key."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        install(server)
        scopes = [w for s in ("write", "check", "read") for w in ("--scope", f"listings:{s}")]
        made = server.command("keys", "create", "bench", *scopes)
        made.check_returncode()
        if start:
            server.start()
            server.in_force()
        yield server, made.stdout.strip()
        server.stop()


def renamed(count: int) -> list[Listing]:
    """Draw listings whose identifiers are unlike those of any other run."""
    drawn = listings(min(count, 5_000))
    return [
        msgspec.structs.replace(drawn[i % len(drawn)], id=f"B{i}", version=1) for i in range(count)
    ]


def batched(count: int) -> dict[str, float]:
    """Send lines over one connection until all is scored; gives listings a second."""
    with serving() as (server, key), server.client(key) as client:
        bodies = [
            b"\n".join(msgspec.json.encode(one) for one in part) for part in parts(renamed(count))
        ]
        began = time.perf_counter()
        for body in bodies:
            answer = client.post("/api/v1/listings:batch", content=body).raise_for_status()
            if answer.text.count('"status":"accepted"') != body.count(b"\n") + 1:
                raise RuntimeError(answer.text[:1_000])
        durable = time.perf_counter() - began
        server.drained()
        whole = time.perf_counter() - began
    return {"durable_per_second": count / durable, "scored_per_second": count / whole}


def parts(found: Sequence[Listing]) -> Iterator[Sequence[Listing]]:
    """Divide listings into bodies."""
    for start in range(0, len(found), GROUP):
        yield found[start : start + GROUP]


def single(count: int) -> dict[str, float]:
    """Send one listing a request over 32 connections; gives listings a second."""
    with serving() as (server, key):
        bodies = [msgspec.json.encode(one) for one in renamed(count)]
        began = time.perf_counter()
        asyncio.run(send_singles(server, key, bodies))
        durable = time.perf_counter() - began
        server.drained()
        whole = time.perf_counter() - began
    return {"durable_per_second": count / durable, "scored_per_second": count / whole}


async def send_singles(server: Server, key: str, bodies: list[bytes]) -> None:
    """Post every body, so many at a time."""
    waiting = iter(bodies)

    async def connection() -> None:
        wire = await Wire.open(server, "/api/v1/listings", key)
        for body in waiting:
            await wire.post(body, 202)
        await wire.close()

    await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))


def main(quick: bool = False) -> dict[str, Any]:
    """Measure both."""
    in_batches = batched(4_000 if quick else 40_000)
    one_by_one = single(1_000 if quick else 10_000)
    aims = [
        aim(
            "Listings/s in batches, durable, scored and admitted",
            4_000,
            in_batches["scored_per_second"],
        ),
        aim("Listings/s one a request, 32 connections", 500, one_by_one["scored_per_second"]),
    ]
    figures = {
        "topics": TOPICS,
        "models": TOPICS,
        "store": "SQLite, WAL, synchronous=FULL",
        "batched": {name: rounded(value) for name, value in in_batches.items()},
        "single": {name: rounded(value) for name, value in one_by_one.items()},
    }
    told = result(aims, figures)
    if not quick:
        write("intake", told)
    return told


if __name__ == "__main__":
    print(main())
