"""How long from a key press to the next item painted, where the queue is long?

    python -m bench review_keys

Two moderators in Chromium, each in a browser of their own, decide item after item as soon as it
may be decided, for a minute, against one server with 100,000 alerts waiting in a store on SQLite.
Every item has two kept pictures. A time begins with the key event and ends with the frame that
shows the next item's text and pictures. The page says when an item may be decided, .3 s after it
is seen, so no pace can be above 12,000 an hour. Writes bench/results/review_keys.json.

With ``--quick`` there are 5,000 alerts and a pause of 3 s before each key, so that the next item
is there: it says how long the page takes, on whatever machine, and nothing of the server.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.environment import aim, result, rounded, write
from bench.review_keys.browser import Pressed, moderate
from bench.server import Server

NAMES = ("anna", "ben")
PASSWORD = "a long password of the bench"
MEDIAN_MS, P95_MS, AN_HOUR = 30, 80, 10_000


@dataclass(frozen=True)
class Figures:
    """How long the next item took; ``wrong``: decisions lost, doubled, or of who did not finish."""

    moderators: int
    waiting: int
    decisions: int
    median_ms: float
    p95_ms: float
    p99_ms: float
    decisions_an_hour: float
    wrong: int


def main(quick: bool = False) -> dict[str, Any]:
    """Measure on SQLite."""
    seconds, waiting, pause = (60, 5_000, 3.0) if quick else (60, 100_000, 0.0)
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        prepared([str(waiting), PASSWORD, *NAMES], server)
        server.start()
        try:
            pressed = _together(server.address, seconds, pause)
        finally:
            server.stop()
        stored = json.loads(prepared(["--stored", *NAMES], server))
    figures = _figures(pressed, stored, seconds, waiting)
    print(figures, file=sys.stderr)
    aims = [
        aim("key to next item painted, median ms", MEDIAN_MS, figures.median_ms, True),
        aim("key to next item painted, p95 ms", P95_MS, figures.p95_ms, True),
        aim("decisions lost, doubled or another's", 0, figures.wrong, True),
    ]
    if not quick:
        aims.append(aim("decisions an hour and moderator", AN_HOUR, figures.decisions_an_hour))
    report = result(aims, asdict(figures))
    if not quick:
        write("review_keys", report)
    return report


def prepared(arguments: list[str], server: Server) -> bytes:
    """Run the preparing process in the server's environment; gives what it printed last."""
    command = [sys.executable, "-m", "bench.review_keys.prepare", *arguments]
    made = subprocess.run(command, env=server.environ, stdout=subprocess.PIPE, check=True)
    return made.stdout.splitlines()[-1]


def _together(address: str, seconds: float, pause: float) -> list[Pressed]:
    pressed: list[Pressed] = []
    start = threading.Barrier(len(NAMES))

    def moderate_as(name: str) -> None:
        pressed.append(moderate(address, name, PASSWORD, start, seconds, pause))

    threads = [threading.Thread(target=moderate_as, args=(name,)) for name in NAMES]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + seconds + 300
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return pressed


def _figures(
    pressed: list[Pressed], stored: dict[str, list[int]], seconds: float, waiting: int
) -> Figures:
    times = np.array([ms for session in pressed for ms in session.times_ms])
    wrong = sum(sorted(session.alerts) != sorted(stored[session.name]) for session in pressed)
    fewest = min(len(session.alerts) for session in pressed)
    return Figures(
        moderators=len(pressed),
        waiting=waiting,
        decisions=sum(len(session.alerts) for session in pressed),
        median_ms=rounded(float(np.median(times))),
        p95_ms=rounded(float(np.quantile(times, 0.95))),
        p99_ms=rounded(float(np.quantile(times, 0.99))),
        decisions_an_hour=rounded(3_600 * fewest / seconds),
        wrong=wrong + len(NAMES) - len(pressed),
    )
