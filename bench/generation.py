"""A new generation comes into force while `check` is asked at a steady rate.

28 topics of the starter pack with 20 models are in force. A topic file with a new word, and a
model, are activated by the command in turn; every request is timed from when it was due.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from bench.environment import aim, result, rounded, write
from bench.http import bodies
from bench.intake import serving
from bench.server import Server, wait
from bench.wire import Wire
from mimawari.detectors.packs import starter

RATE, CONNECTIONS = 50, 16
QUIET_SECONDS, SETTLING_SECONDS = 10.0, 1.0
ROLES = ("edge", "scorer")
TOPIC = "weapons"


class Watch:
    """Notes when each generation was committed and when each role had it, from the database."""

    def __init__(self, server: Server) -> None:
        self._path = server.url.removeprefix("sqlite:///")
        self.committed: dict[int, float] = {}
        self.in_force: dict[tuple[int, str], float] = {}
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        with closing(sqlite3.connect(f"file:{self._path}?mode=ro", uri=True)) as store:
            while not self._stopped.wait(0.02):
                now = time.monotonic()
                for (number,) in store.execute("SELECT max(number) FROM releases_generation"):
                    self.committed.setdefault(number, now)
                query = "SELECT role, generation FROM platform_roleprocess"
                for role, number in store.execute(query):
                    self.in_force.setdefault((number, role), now)

    def everywhere(self, number: int) -> bool:
        return all((number, role) in self.in_force for role in ROLES)

    def seconds(self, number: int, role: str) -> float:
        return self.in_force[number, role] - self.committed[number]


async def steady(server: Server, key: str, sent: list[bytes], stopped: threading.Event) -> Times:
    """Send until stopped, at the rate whatever the answers take; (due, ms) of each."""
    free: asyncio.Queue[Wire] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        free.put_nowait(await Wire.open(server, "/api/v1/check", key))
    loop = asyncio.get_running_loop()
    times: Times = []

    async def one(due: float, body: bytes) -> None:
        wire = await free.get()
        await wire.post(body, 200)
        free.put_nowait(wire)
        times.append((due, 1e3 * (loop.time() - due)))

    asked, due = set(), loop.time()
    while not stopped.is_set():
        task = asyncio.create_task(one(due, sent[len(asked) % len(sent)]))
        asked.add(task)
        due += 1 / RATE
        await asyncio.sleep(due - loop.time())
    await asyncio.gather(*asked)
    while not free.empty():
        await free.get_nowait().close()
    return times


Times = list[tuple[float, float]]


def commands(folder: Path, models: Path, times: int) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give activations, topic files and models in turn."""
    text = next(path for path in starter() if path.stem == TOPIC).read_text("utf-8")
    for number in range(times):
        file = folder / f"{TOPIC}.toml"
        file.write_text(re.sub(r"words = \[", f'words = ["qwz{number}", ', text, count=1), "utf-8")
        yield "topic file", ("rules", "activate", str(file), "--reason", "bench")
        model = sorted(models.iterdir())[number]
        yield "model", ("models", "activate", str(model), "--reason", "bench")


def summary(times: list[float]) -> dict[str, float]:
    quantiles = {f"p{q}": rounded(float(np.percentile(times, q))) for q in (50, 90, 99)}
    return {"requests": len(times), **quantiles, "slowest": rounded(max(times))}


def measure(times: int) -> dict[str, Any]:
    """Activate so often; gives the figures."""
    with serving(start=False) as (server, key):
        server.command("topics", "install-starter").check_returncode()
        server.start()
        with Watch(server) as watch:
            wait(lambda: any(watch.everywhere(number) for number in list(watch.committed)), 60)
            return _activations(server, key, watch, times)


def _activations(server: Server, key: str, watch: Watch, times: int) -> dict[str, Any]:
    stopped, answered = threading.Event(), []
    run = threading.Thread(
        target=lambda: answered.extend(asyncio.run(steady(server, key, bodies(500), stopped)))
    )
    run.daemon = True
    run.start()
    time.sleep(SETTLING_SECONDS)  # the first requests open files and fill caches
    quiet = time.monotonic()
    time.sleep(QUIET_SECONDS)
    windows: list[tuple[str, float, float, int]] = []
    for kind, words in commands(server.folder, server.folder / "workload", times):
        began, last = time.monotonic(), max(watch.committed)
        server.command(*words).check_returncode()
        wait(lambda last=last: max(watch.committed) > last, 60)  # type: ignore[misc]
        number = max(watch.committed)
        wait(lambda number=number: watch.everywhere(number), 60)  # type: ignore[misc]
        windows.append((kind, began, time.monotonic(), number))
        time.sleep(SETTLING_SECONDS)
    stopped.set()
    run.join()
    built = [float(s) for s in re.findall(r"built in ([0-9.]+) s", server.log.read_text("utf-8"))]
    return _figures(answered, quiet, windows, watch) | {"longest_build_seconds": max(built[2:])}


def _figures(
    answered: Times, quiet: float, windows: list[tuple[str, float, float, int]], watch: Watch
) -> dict[str, Any]:
    loading, commanding = [], []
    for _, began, ended, number in windows:
        committed = watch.committed[number]
        commanding += [ms for due, ms in answered if began <= due < committed]
        loading += [ms for due, ms in answered if committed <= due < ended]
    in_force = {
        f"{kind}, {role}": rounded(
            max(watch.seconds(number, role) for k, _, _, number in windows if k == kind)
        )
        for kind in ("topic file", "model")
        for role in ROLES
    }
    before = [ms for due, ms in answered if quiet <= due < windows[0][1]]
    return {
        "checks_per_second": RATE,
        "activations": len(windows),
        "longest_seconds_from_commit_to_in_force": in_force,
        "milliseconds_before": summary(before),
        "milliseconds_while_the_command_runs": summary(commanding),
        "milliseconds_from_commit_to_in_force": summary(loading),
    }


def main(quick: bool = False) -> dict[str, Any]:
    """Measure."""
    figures = measure(2 if quick else 8)
    slowest = max(figures["longest_seconds_from_commit_to_in_force"].values())
    loading = figures["milliseconds_from_commit_to_in_force"]
    name = "A new generation in force in every role, seconds after its commit"
    aims = [
        aim(name, 3, slowest, at_most=True),
        aim("Slowest check meanwhile, ms", 50, loading["slowest"], at_most=True),
    ]
    done = result(aims, {"topics": 28, "models": 20, "store": "SQLite", **figures})
    if not quick:
        write("generation", done)
    return done


if __name__ == "__main__":
    print(main())
