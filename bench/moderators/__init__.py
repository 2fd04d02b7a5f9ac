"""How long does a decision take while a whole team decides at once, and is anything given twice?

    python -m bench moderators

50 moderators on SQLite, and 300 on the PostgreSQL server of MIMAWARI_TEST_DATABASE_URL where there
is one, each with a key of their own over HTTP: take the next item, look at it, decide, every 5 s
for a minute, against one server process with 100,000 decisions in its store. Before the minute one
of them takes an item of each topic, which compiles its rules. Writes
bench/results/moderators.json.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from bench.environment import aim, result, rounded, write
from bench.server import Server, postgres_database
from bench.wire import Wire
from mimawari.detectors.packs import starter

EVERY_S = 5.0
AIM_MS = 150
ON_SQLITE, ON_POSTGRES = 50, 300


@dataclass
class Team:
    """What moderators saw: who holds which alert, and how long each request took."""

    held: dict[int, int] = field(default_factory=dict)
    decided: set[int] = field(default_factory=set)
    twice: int = 0
    idle: int = 0
    other: list[int] = field(default_factory=list)
    next_ms: list[float] = field(default_factory=list)
    decide_ms: list[float] = field(default_factory=list)

    def took(self, person: int, alert: int) -> None:
        """Note that a moderator was given an alert."""
        self.twice += self.held.get(alert, person) != person or alert in self.decided
        self.held[alert] = person


def main(quick: bool = False) -> dict[str, Any]:
    """Measure both stores."""
    seconds = 10 if quick else 60
    figures = {"sqlite": _measured(None, ON_SQLITE, seconds, quick)}
    if server := os.environ.get("MIMAWARI_TEST_DATABASE_URL"):
        with postgres_database(server) as url:
            figures["postgresql"] = _measured(url, ON_POSTGRES, seconds, quick)
    aims = []
    for name, told in figures.items():
        who = f"{told['moderators']} moderators on {name}"
        aims.append(aim(f"{who}: p95 of a decision, ms", AIM_MS, told["decide_p95_ms"], True))
        aims.append(aim(f"{who}: alerts given or decided twice", 0, told["twice"], True))
    found = result(aims, figures)
    if not quick:
        write("moderators", found)
    return found


def _measured(url: str | None, people: int, seconds: float, quick: bool) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder), url)
        command = [sys.executable, "-m", "bench.moderators.prepare", str(people)]
        command += ["--quick"] if quick else []
        made = subprocess.run(command, env=server.environ, stdout=subprocess.PIPE, check=True)
        keys = json.loads(made.stdout.splitlines()[-1])
        server.start()
        try:
            _warm(server, keys[0])
            team = asyncio.run(_work(server, keys, seconds))
        finally:
            server.stop()
        command = [sys.executable, "-m", "bench.moderators.prepare", "--doubled"]
        counted = subprocess.run(command, env=server.environ, stdout=subprocess.PIPE, check=True)
    told = {
        "moderators": people,
        "seconds": seconds,
        "decisions": len(team.decide_ms),
        "twice": team.twice + int(counted.stdout),
        "other_answers": sorted(set(team.other)),
        "without_an_item": team.idle,
        **_quantiles("next", team.next_ms),
        **_quantiles("decide", team.decide_ms),
    }
    print(told, file=sys.stderr)
    return told


def _warm(server: Server, key: str) -> None:
    with server.client(key) as client:
        for path in starter():
            asked = client.post("/api/v1/reviews:next", json={"topic": path.stem})
            item = asked.raise_for_status().json()
            body = {"verdict": "cannot_tell", "seconds": 1.0}
            client.post(f"/api/v1/reviews/{item['alert']}", json=body).raise_for_status()


def _quantiles(name: str, times: list[float]) -> dict[str, float]:
    shares = {"median": 0.5, "p95": 0.95, "p99": 0.99}
    return {f"{name}_{k}_ms": rounded(float(np.quantile(times, q))) for k, q in shares.items()}


async def _work(server: Server, keys: list[str], seconds: float) -> Team:
    team = Team()
    tasks = [_moderate(server, team, i, key, seconds) for i, key in enumerate(keys)]
    await asyncio.gather(*tasks)
    return team


async def _moderate(server: Server, team: Team, person: int, key: str, seconds: float) -> None:
    """Take and decide, at a pace that does not wait for slow answers."""
    draw = random.Random(person)
    begin = time.perf_counter() + EVERY_S * draw.random()
    for turn in range(int(seconds // EVERY_S)):
        await asyncio.sleep(max(0.0, begin + turn * EVERY_S - time.perf_counter()))
        start = time.perf_counter()
        # The server closes what was idle for 5 s, so each turn has a connection of its own.
        wire = await Wire.open(server, "/api/v1/reviews:next", key)
        status, item = await wire.ask(wire.path, b"{}")
        team.next_ms.append(1_000 * (time.perf_counter() - start))
        if status == 200:
            alert = json.loads(item)["alert"]
            team.took(person, alert)
            await asyncio.sleep(EVERY_S / 2 * draw.random())
            verdict = "violates" if draw.random() < 0.3 else "does_not_violate"
            body = json.dumps({"verdict": verdict, "seconds": 2.0}).encode()
            start = time.perf_counter()
            status, _ = await wire.ask(f"/api/v1/reviews/{alert}", body)
            team.decide_ms.append(1_000 * (time.perf_counter() - start))
            team.decided.add(alert)
        if status != 200:
            team.idle += status == 204
            team.other.append(status)
        await wire.close()
