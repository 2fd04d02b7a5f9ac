"""How soon is the first page there, of a search over a million listings?

    python -m bench listing_search

A million listing versions, half Japanese and half English, with 100,000 decided alerts; on SQLite,
and on the PostgreSQL server of MIMAWARI_TEST_DATABASE_URL where there is one. Each question is
asked as the console asks it: the first page of 25 with its count, what was decided of each, and how
fresh the index is; the server's own time, without a network. Beside it what somebody would write
instead: `LIKE` or `ILIKE` over the stored text, and the engines' own trigram indexes. Writes
bench/results/listing_search.json.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from typing import Any

from bench.environment import aim, result, write
from bench.server import postgres_database

AIM_MS = 200


def main(quick: bool = False) -> dict[str, Any]:
    """Measure both stores, each in a process of its own."""
    figures: dict[str, Any] = {"sqlite": _measured("", quick)}
    if server := os.environ.get("MIMAWARI_TEST_DATABASE_URL"):
        with postgres_database(server) as url:
            figures["postgresql"] = _measured(url, quick)
    aims = []
    for store, figure in figures.items():
        slowest = max(figure["questions"], key=lambda row: row["p95_ms"])
        what = f"p95 of the slowest search on {store}, {slowest['question']}, ms"
        aims.append(aim(what, AIM_MS, slowest["p95_ms"], at_most=True))
    measured = result(aims, figures)
    if not quick:
        write("listing_search", measured)
    return measured


def _measured(url: str, quick: bool) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {
            "MIMAWARI_STATE_DIR": folder,
            "MIMAWARI_DATABASE_URL": url or f"sqlite:///{folder}/store.db",
            "MIMAWARI_DATABASE_TIMEOUT_SECONDS": "0",
        }
        command = [sys.executable, "-m", "bench.listing_search.measure"]
        command += ["--quick"] if quick else []
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures
