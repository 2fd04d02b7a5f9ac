"""How large is history in files, and how long does a page or an auditor wait for it?

    python -m bench.lifecycle.history [--quick]

Five million listing versions of 20 topics with a model each, over 20 days, are written by the code
that closes days, given to a store as days whose rows left it, and asked: all that happened to a
listing, a topic's scores of a day, quantiles and alerts over all days from totals. Beside it days
of a store of its own are scored, closed, moved out and verified against the ledger. On SQLite, in
one process; times are its own. Writes bench/results/lifecycle_history.json.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from bench.environment import aim, result, rounded, write

AIM_SECONDS = 1.0
DAYS, TOPICS = 20, 20
WHOLE, QUICK = 5_000_000, 40_000
ASKED = 40


def main(quick: bool = False) -> dict[str, Any]:
    """Measure in processes of their own: each has a store."""
    filed = _measured("filed", QUICK if quick else WHOLE)
    closed = _measured("closed", 2_000 if quick else 20_000)
    slowest = max(row["p95_ms"] for row in filed["queries"]) / 1_000
    report = result(
        [aim("p95 of the slowest query of a page or an audit, s", AIM_SECONDS, slowest, True)],
        filed | {"closing": closed},
    )
    if not quick:
        write("lifecycle_history", report)
    return report


def _measured(what: str, versions: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {
            "MIMAWARI_STATE_DIR": folder,
            "MIMAWARI_DATABASE_URL": f"sqlite:///{folder}/store.db",
        }
        command = [sys.executable, "-m", "bench.lifecycle.history", what, str(versions)]
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def filed(versions: int) -> dict[str, Any]:
    """Write days of made-up scores, and ask them."""
    from bench.lifecycle.days import write_days

    days = write_days(versions, DAYS, TOPICS)
    return {
        "versions": versions,
        "topics": TOPICS,
        "days": DAYS,
        "microseconds_a_version_to_write": rounded(1e6 * days.seconds / versions),
        "bytes_a_version": {k: rounded(v / versions) for k, v in days.bytes.items()},
        "bytes_a_version_as_sent": rounded(days.sent_bytes / versions),
        "peak_mb_of_the_writer": rounded(
            resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024
        ),
        "queries": queries(days.listings),
    }


def queries(listings: list[str]) -> list[dict[str, Any]]:
    """Time what pages, the API and auditors ask; ``listings`` are some of those that are there."""
    from mimawari.datasets.history.totals import quantile, read_totals
    from mimawari.service.history.days import closed_days, file_of
    from mimawari.service.history.reading import day_scores
    from mimawari.service.review.listing_history import history_of

    rows = closed_days()
    topic = f"topic_{TOPICS // 2:03d}"
    drawn = np.random.default_rng(3).permutation(len(listings))[:ASKED]

    def of_topic() -> list[Any]:
        totals = [total for row in rows for total in read_totals(file_of(row, "totals"))]
        return [total for total in totals if total.topic == topic]

    def found(place: int) -> None:
        assert history_of(listings[drawn[place]]) is not None

    return [
        timed("all of a listing, as the API tells it, its day unknown", ASKED, found),
        timed("a listing that is not there", ASKED, lambda i: history_of(f"m{i}x")),
        timed("a topic's scores of a day", DAYS, lambda i: day_scores(rows[i].day, topic)),
        timed("a quantile of a topic over all days", 5, lambda _: quantile(of_topic(), 0.99)),
        timed("alerts of a topic by day", 5, lambda _: sum(t.alerted for t in of_topic())),
    ]


def timed(name: str, repeats: int, ask: Callable[[int], object]) -> dict[str, Any]:
    """Ask some times; the first reads its files from the disk."""
    times = []
    for place in range(repeats):
        begin = time.perf_counter()
        ask(place)
        times.append(1_000 * (time.perf_counter() - begin))
    first, *warm = times
    return {
        "query": name,
        "first_ms": rounded(first),
        "median_ms": rounded(float(np.median(warm))),
        "p95_ms": rounded(float(np.quantile(warm, 0.95))),
    }


def closed(versions: int) -> dict[str, Any]:
    """Score days, close them, let their rows leave the database, and verify before and after."""
    from bench.acting import BENCH
    from bench.lifecycle.days import score_days
    from mimawari.service.audit.verify import verify
    from mimawari.service.history.checking import problems
    from mimawari.service.history.closing import close_day, open_days
    from mimawari.service.history.days import closed_days
    from mimawari.service.platform import clock
    from mimawari.service.retention.moving import move

    score_days(versions)
    figures: dict[str, Any] = {"versions": versions}
    stages: dict[str, Callable[[], object]] = {
        "verify_before": verify,
        "close": lambda: [
            close_day(day, BENCH, "bench") for day in open_days(clock.database_now().date())
        ],
        "move": lambda: [move(row, BENCH, "bench") for row in closed_days()],
        "verify_after": verify,
    }
    for name, work in stages.items():
        begin = time.process_time()
        done = work()
        figures[f"{name}_microseconds_a_version"] = rounded(
            1e6 * (time.process_time() - begin) / versions
        )
        if name == "move":
            figures["left_the_database"] = sum(left.versions for left in done)  # type: ignore[attr-defined]
    report = verify()
    assert not report.problems, report.problems[:3]
    assert not list(problems())
    return figures


if __name__ == "__main__":
    if sys.argv[1:2] in (["filed"], ["closed"]):
        from mimawari.cli.store import open_store

        open_store()
        work = {"filed": filed, "closed": closed}[sys.argv[1]]
        print(json.dumps(work(int(sys.argv[2]))))
    else:
        print(json.dumps(main(quick="--quick" in sys.argv), indent=1))
