"""How long does a lead wait for the overview where a million decisions were made?

    python -m bench overview

A million decided alerts of 100 days and 28 topics, with what a second moderator said of a
twentieth, on SQLite; with 89 days of backlog noted. The time is the server's own, in one process,
without a network, of each period that may be chosen; beside it what the keeper takes to make the
figures that are kept, every five minutes. Writes bench/results/overview.json.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from typing import Any

import numpy as np

from bench.environment import aim, result, rounded, write

AIM_MS = 200
PERIODS = (7, 28, 90)
REPEATS = 20


def main(quick: bool = False) -> dict[str, Any]:
    """Measure in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {
            "MIMAWARI_STATE_DIR": folder,
            "MIMAWARI_DATABASE_URL": f"sqlite:///{folder}/store.db",
        }
        command = [sys.executable, "-m", "bench.overview", "20000" if quick else "1000000"]
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    figures = json.loads(done.stdout.splitlines()[-1])
    slowest = max(row["p95_ms"] for row in figures["reads"])
    report = result([aim("p95 of the overview, ms", AIM_MS, slowest, True)], figures)
    if not quick:
        write("overview", report)
    return report


def measured(decisions: int) -> dict[str, Any]:
    """Fill the store of the environment, and time the page."""
    from mimawari.cli.store import open_store

    open_store()
    from bench.acting import BENCH
    from bench.reads.fill import Size, fill
    from mimawari.detectors.packs import starter
    from mimawari.service.releases.activating import activate_topic_files

    activate_topic_files(list(starter()), BENCH, "bench")
    fill(Size(decisions, decisions, 10_000, trials=2))
    note_past()
    begin = time.perf_counter()
    keep_overview()
    kept = time.perf_counter() - begin
    reads = [timed(days) for days in PERIODS]
    return {"decisions": decisions, "seconds_of_figures": rounded(kept), "reads": reads}


def note_past() -> None:
    """Note a backlog of each past day, as the keeper would have."""
    from django.utils import timezone

    from mimawari.service.monitoring.backlog import note_backlog

    for before in range(90):
        note_backlog(timezone.now() - timedelta(days=before))


def keep_overview() -> None:
    """Make the figures of the overview, as the keeper does."""
    from django.utils import timezone

    from mimawari.service.monitoring.figures import latest_days

    latest_days().refresh(timezone.now(), 1)


def timed(days: int) -> dict[str, float]:
    """Ask for a period as a lead does."""
    from django.contrib.auth.models import User
    from django.test import Client

    from bench.acting import BENCH
    from mimawari.service.accounts import roles

    lead = User.objects.filter(username="lead").first() or roles.add("lead", None, "lead", BENCH)
    client = Client(SERVER_NAME="localhost")
    client.force_login(lead)
    times = []
    for _ in range(REPEATS + 1):
        begin = time.perf_counter()
        answer = client.get(f"/overview?days={days}")
        times.append(1_000 * (time.perf_counter() - begin))
        assert answer.status_code == 200, answer.status_code
    first, *warm = times
    return {
        "days": days,
        "first_ms": rounded(first),
        "median_ms": rounded(float(np.median(warm))),
        "p95_ms": rounded(float(np.quantile(warm, 0.95))),
    }


if __name__ == "__main__":
    from mimawari.service.project.setup import setup

    setup()
    print(json.dumps(measured(int(sys.argv[1]))))
