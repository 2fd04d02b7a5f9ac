"""How long does every page and every read take in a store that has seen years?

    python -m bench reads

A million listing versions, 100,000 decided alerts, 10,000 sellers, 28 topics, 200 trials; on
SQLite, and on the PostgreSQL server of MIMAWARI_TEST_DATABASE_URL where there is one. The time is
the server's own, in one process, without a network. Writes bench/results/reads.json.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from contextlib import nullcontext
from typing import Any

from bench.environment import aim, result, write
from bench.server import postgres_database

AIM_MS = 200


def main(quick: bool = False) -> dict[str, Any]:
    """Measure both stores, each in a process of its own."""
    figures: dict[str, Any] = {}
    figures["sqlite"] = _measured("", quick)
    if server := os.environ.get("MIMAWARI_TEST_DATABASE_URL"):
        with postgres_database(server) as url:
            figures["postgresql"] = _measured(url, quick)
    aims = [
        aim(f"p95 of the slowest read on {name}, {_slowest(told)[0]}, ms", AIM_MS,
            _slowest(told)[1], at_most=True)
        for name, told in figures.items()
    ]  # fmt: skip
    found = result(aims, figures)
    if not quick:
        write("reads", found)
    return found


def _slowest(told: dict[str, Any]) -> tuple[str, float]:
    worst = max(told["reads"], key=lambda row: row["p95_ms"])
    return worst["read"], worst["p95_ms"]


def _measured(url: str, quick: bool) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder, nullcontext():
        environment = os.environ | {
            "MIMAWARI_STATE_DIR": folder,
            "MIMAWARI_DATABASE_URL": url or f"sqlite:///{folder}/store.db",
        }
        command = [sys.executable, "-m", "bench.reads.measure", *(["--quick"] if quick else [])]
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout.splitlines()[-1])
