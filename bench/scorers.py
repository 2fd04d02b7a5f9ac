"""One scorer process and two on one PostgreSQL: do they share the work, and wait for nobody?

    python -m bench scorers

Twenty topics of the starter pack, each with a model; the listings wait in the store before the
scorers start, and an admitter process runs beside them. Locks are looked at every few
milliseconds while they work. The same is measured with the scorers' batches on SQLite, one
process, as a figure to compare with. Writes bench/results/scorers.json.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from bench.environment import aim, result, rounded, write
from bench.install import install
from bench.server import Server, postgres_database
from bench.workload import TOPICS

SERVER = os.environ.get("MIMAWARI_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")
# What a scorer waits for another scorer by: any lock that is not granted to one of them. That on
# a table's growth ("extend") is counted by itself: it is held while a page is added, and not, as
# every other one, until somebody's transaction ends.
WAITING = """
SELECT count(*) FILTER (WHERE wait_event <> 'extend'),
       count(*) FILTER (WHERE wait_event = 'extend') FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'scorer' AND wait_event_type = 'Lock'
"""
TWICE = """
SELECT (SELECT count(*) FROM intake_listingversion WHERE state <> 1),
       (SELECT count(*) FROM intake_listingversion) - (SELECT count(*) FROM scoring_score)
"""


def child(role: str) -> None:
    """Be one scorer, or the admitter, until nothing waits; prints what it took."""
    os.environ["PGAPPNAME"] = role
    from mimawari.service.project.setup import setup

    setup()
    from mimawari.service.admission.admitter import Admitter
    from mimawari.service.scoring.scorer import Scorer

    if role == "admitter":
        print("ready", flush=True)
        sys.stdin.readline()
        admitter, stop = Admitter(), threading.Event()
        threading.Thread(target=lambda: (sys.stdin.readline(), stop.set()), daemon=True).start()
        while admitter.turn() or not stop.wait(0.05):
            pass
        return
    scorer = Scorer()
    # Its first batch reads what is compiled: once a process, and no cost of a listing.
    first = scorer.score_batch()
    print("ready", flush=True)
    sys.stdin.readline()
    before, began, done = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter(), 0
    while part := scorer.score_batch():
        done += part
    after = resource.getrusage(resource.RUSAGE_SELF)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps([first, done, spent, time.perf_counter() - began]), flush=True)


def fill(server: Server, count: int) -> None:
    """Append listings that wait."""
    text = (
        "from mimawari.service.project.setup import setup; setup();"
        "from mimawari.service.intake import log; from bench.intake import renamed;"
        f"log.append(renamed({count}))"
    )
    subprocess.run([sys.executable, "-c", text], env=server.environ, check=True)


class Watch:
    """Counts how often a scorer was seen waiting for a lock."""

    def __init__(self, url: str) -> None:
        self.looks = self.waits = self.growing = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(url,))

    def _run(self, url: str) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            while not self._stop.wait(0.003):
                waiting, growing = connection.execute(WAITING).fetchone() or (0, 0)
                self.looks += 1
                self.waits += waiting
                self.growing += growing

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Look until the end of the block."""
        self._thread.start()
        yield
        self._stop.set()
        self._thread.join()


def run(server: Server, scorers: int, count: int) -> dict[str, float]:
    """Let some scorers and an admitter work off what waits."""
    fill(server, count)
    command = [sys.executable, "-m", "bench.scorers"]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    roles = ["scorer"] * scorers + ["admitter"]
    children = [subprocess.Popen([*command, role], env=server.environ, **pipes) for role in roles]
    for process in children:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "ready"
    postgres = server.url.startswith("postgresql")
    watch = Watch(server.url)
    began = time.perf_counter()
    with watch.looking() if postgres else _nothing():
        for process in children:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        took = [json.loads(process.stdout.readline()) for process in children[:-1]]  # type: ignore[union-attr]
    wall = time.perf_counter() - began
    children[-1].communicate("stop\n")
    for process in children:
        process.wait()
    first, done = sum(part[0] for part in took), sum(part[1] for part in took)
    shares = [part[1] / done for part in took]
    measured = {
        "listings_a_second": done / wall,
        "cpu_microseconds_a_listing": sum(part[2] for part in took) / done * 1e6,
        "smallest_share": min(shares),
        "looks_at_locks": watch.looks,
        "seen_waiting": watch.waits,
        "seen_waiting_for_a_page": watch.growing,
    }
    if postgres:
        with psycopg.connect(server.url) as connection:
            left, missing = connection.execute(TWICE).fetchone() or (0, 0)
        measured |= {
            "left": left,
            "not_scored_once": missing,
            "handed_out_twice": first + done - count,
        }
    return measured


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def main(quick: bool = False) -> dict[str, Any]:
    """Measure one process, two, and one on SQLite."""
    count = 4_000 if quick else 40_000
    with tempfile.TemporaryDirectory() as folder, postgres_database(SERVER) as url:
        server = Server(Path(folder), url)
        install(server)
        runs = {1: run(server, 1, count)}
    for scorers in (2,):
        with tempfile.TemporaryDirectory() as folder, postgres_database(SERVER) as url:
            server = Server(Path(folder), url)
            install(server)
            runs[scorers] = run(server, scorers, count)
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        install(server)
        embedded = run(server, 1, count)
    ratio = runs[2]["cpu_microseconds_a_listing"] / runs[1]["cpu_microseconds_a_listing"]
    aims = [
        aim("Listings scored twice by two scorers", 0, runs[2]["handed_out_twice"], at_most=True),
        aim("Listings not scored by two scorers", 0, runs[2]["not_scored_once"], at_most=True),
        aim("Times a scorer was seen waiting for a lock", 0, runs[2]["seen_waiting"], at_most=True),
        aim("CPU a listing, two scorers over one", 1.1, ratio, at_most=True),
    ]
    figures: dict[str, Any] = {
        "topics": TOPICS,
        "listings": count,
        "one_scorer": {name: rounded(value) for name, value in runs[1].items()},
        "two_scorers": {name: rounded(value) for name, value in runs[2].items()},
        "sqlite_one_scorer": {name: rounded(value) for name, value in embedded.items()},
    }
    found = result(aims, figures)
    if not quick:
        write("scorers", found)
    return found


if __name__ == "__main__":
    child(sys.argv[1])
