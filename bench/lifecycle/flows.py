"""What does Metaflow itself cost in a retraining?

    python -m bench lifecycle

A data set of 4,000 synthetic listings, one topic, the default kind without disguised copies: the
flow `retrain` from the data set's files to an audited candidate, and the same functions one after
the other in one process. Metaflow's own cost is the processor time that the first takes more: it
does not grow with the listings. Both end with the same model.
Writes bench/results/lifecycle_flows.json.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from bench.environment import aim, result, rounded, write
from mimawari.datasets import folder
from mimawari.datasets.card import LabelOrigin, describe
from mimawari.datasets.rows import KnownLabel, LabelledVersion
from mimawari.flows.launch import Launch
from mimawari.flows.records import Request, TrainSettings
from mimawari.flows.run_folder import RunFolder
from mimawari.simulation.marketplace import synthetic_listings, topic_name

if TYPE_CHECKING:
    from collections.abc import Callable

AIM_SHARE = 0.2
LISTINGS = 4_000
START = datetime(2026, 3, 2, tzinfo=UTC)
SEED, TOPICS, SHARE = 1, 20, 0.4
TOPIC = topic_name(0)


def main(quick: bool = False) -> dict[str, Any]:
    """Measure both, and see that they give the same."""
    listings = 400 if quick else LISTINGS
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        request = _request(root, listings)
        by_flow = _flow(_folder(root / "runs" / "flow", request), root / "metaflow")
        directly = _directly(_folder(root / "runs" / "direct", request))
        files = [path for path in (root / "metaflow").rglob("*") if path.is_file()]
        assert by_flow["model"] == directly["model"]
        own = by_flow["cpu_seconds"] - directly["cpu_seconds"]
        figures = {
            "listings": listings,
            "violating": by_flow["violating"],
            "retrain_flow": by_flow,
            "same_functions_in_one_process": directly,
            "metaflow_cpu_seconds": rounded(own),
            "metaflow_share": rounded(own / by_flow["cpu_seconds"]),
            "files": len(files),
            "megabytes": rounded(sum(path.stat().st_size for path in files) / 1e6),
        }
    share = figures["metaflow_share"]
    aims = [aim("Metaflow's share of a retraining's processor time", AIM_SHARE, share, True)]
    report = result(aims, figures)
    if not quick:
        write("lifecycle_flows", report)
    return report


def _request(root: Path, count: int) -> Request:
    """Keep labelled listings of many sellers and days as a data set."""
    drawn = synthetic_listings(count, SEED, TOPICS, violation_rate=SHARE)
    rows = [
        LabelledVersion(
            msgspec.structs.replace(listing, created_at=START + timedelta(minutes=i)),
            (KnownLabel(topic=TOPIC, value=int(TOPIC in violated)),),
        )
        for i, (listing, violated) in enumerate(drawn)
    ]
    version = folder.write(root / "set", describe("bench", [TOPIC], rows, LabelOrigin()), rows)
    return Request(
        run="retrain-bench", data_set=version, folder=str(root / "set"), topics=(TOPIC,),
        by="bench", at=START, settings=TrainSettings(augment=False),
    )  # fmt: skip


def _folder(path: Path, request: Request) -> RunFolder:
    run = RunFolder(path)
    run.write("request.json", request)
    return run


def _flow(run: RunFolder, root: Path) -> dict[str, Any]:
    def work() -> None:
        process = Launch("retrain", run, root).start()
        said, _ = process.communicate()
        assert process.returncode == 0, said.decode()

    return _measured(run, work)


def _directly(run: RunFolder) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.lifecycle.directly", str(run.request_path)]
    return _measured(run, lambda: subprocess.run(command, check=True))


def _measured(run: RunFolder, work: Callable[[], object]) -> dict[str, Any]:
    """Give wall and processor seconds of what runs as children, and what it gave."""
    before, begin = _cpu(), time.perf_counter()
    work()
    seconds, cpu = time.perf_counter() - begin, _cpu() - before
    given = run.result
    assert given is not None
    trained = given.topics[0].trained
    assert trained is not None, given.problems
    return {
        "wall_seconds": rounded(seconds),
        "cpu_seconds": rounded(cpu),
        "model": trained.model,
        "violating": trained.positives,
    }


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
