"""`check` over HTTP at a steady rate, beside the bare function call."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np

from bench.environment import aim, result, rounded, write
from bench.install import trained
from bench.intake import serving
from bench.server import Server
from bench.wire import Wire
from bench.workload import DISTINCT, TOPICS, listings
from mimawari.detectors.gbdt.detector import GbdtDetector
from mimawari.detectors.packs import starter
from mimawari.detectors.rules import RuleSet
from mimawari.detectors.suite import Suite
from mimawari.detectors.topicfile import load
from mimawari.listings.validation import parse_listing
from mimawari.service.project.setup import setup

RATE = 300
CONNECTIONS = 16


def bodies(count: int) -> list[bytes]:
    """Draw listings as they are sent."""
    return [msgspec.json.encode(one) for one in listings(count)]


def suite() -> Suite:
    """Build the suite that the server has."""
    files = sorted(starter())[:TOPICS]
    models = [
        GbdtDetector(replace(trained()[i % DISTINCT], topic=file.stem))
        for i, file in enumerate(files)
    ]
    return Suite(RuleSet.compile([load(file) for file in files]), models)


def function_calls(sent: list[bytes]) -> np.ndarray:
    """Time parsing and checking without any HTTP, in ms, one after the other."""
    setup()
    from mimawari.service.api.check import check_listing

    whole, times = suite(), []
    for body in sent:
        began = time.perf_counter()
        msgspec.json.encode(check_listing(whole, parse_listing(body)))
        times.append(time.perf_counter() - began)
    return 1e3 * np.array(times[len(times) // 10 :])


async def steady(server: Server, key: str, sent: list[bytes]) -> np.ndarray:
    """Send at the rate whatever the answers take; ms from when each was due to its answer."""
    free: asyncio.Queue[Wire] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        free.put_nowait(await Wire.open(server, "/api/v1/check", key))
    loop = asyncio.get_running_loop()
    began = loop.time() + 0.1

    async def one(number: int, body: bytes) -> float:
        due = began + number / RATE
        await asyncio.sleep(due - loop.time())
        wire = await free.get()
        await wire.post(body, 200)
        free.put_nowait(wire)
        return loop.time() - due

    times = await asyncio.gather(*(one(i, body) for i, body in enumerate(sent)))
    while not free.empty():
        await free.get_nowait().close()
    return 1e3 * np.array(times[RATE:])


def told(times: np.ndarray) -> dict[str, float]:
    """Give the usual quantiles."""
    return {f"p{q}": rounded(float(np.percentile(times, q))) for q in (50, 90, 99)}


def main(quick: bool = False) -> dict[str, Any]:
    """Measure both, the function first."""
    sent = bodies(RATE * (4 if quick else 20))
    called = function_calls(sent)
    with serving() as (server, key):
        asyncio.run(steady(server, key, sent[: 2 * RATE]))  # warm
        answered = asyncio.run(steady(server, key, sent))
    measure = f"check, 99th percentile in ms at {RATE} a second"
    figures = {
        "topics": TOPICS,
        "models": TOPICS,
        "seconds": len(sent) / RATE,
        "milliseconds_http": told(answered),
        "milliseconds_function": told(called),
    }
    done = result([aim(measure, 15, float(np.percentile(answered, 99)), at_most=True)], figures)
    if not quick:
        write("http", done)
    return done


if __name__ == "__main__":
    print(main())
