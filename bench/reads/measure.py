"""Fills the store of the environment and times its reads; prints one line of JSON."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from bench.acting import BENCH
from bench.environment import rounded
from bench.train import stream
from mimawari.service.project.setup import setup

REPEATS = 20


def in_force() -> str:
    """Put the starter pack in force, with a model for one topic; gives which."""
    from mimawari.cli.store import open_store

    open_store()
    from mimawari.detectors.gbdt import artifact
    from mimawari.detectors.gbdt.rows import Rows
    from mimawari.detectors.gbdt.training import Settings, train
    from mimawari.detectors.packs import starter
    from mimawari.records.lineage import Lineage
    from mimawari.service.releases.activating import activate_topic_files
    from mimawari.service.releases.activating_models import activate_model

    paths = list(starter())
    activate_topic_files(paths, BENCH, "bench")
    topic = sorted(path.stem for path in paths)[0]
    rows = list(islice(stream(6_000), 6_000))
    y = np.array([label == 1 for _, label in rows])
    data = Rows(tuple(one for one, _ in rows), y, np.ones(len(y)))
    folder = Path(tempfile.mkdtemp(dir=os.environ["MIMAWARI_STATE_DIR"])) / "model"
    artifact.save(train(data, topic, Settings(least_positives=5), lineage=Lineage()), folder)
    activate_model(folder, BENCH, "bench")
    return topic


def everywhere_modelled() -> None:
    """Let every topic name a model, so that the page of their worth has all of them.

    Only the first topic's can be loaded: the others are left out as broken ones are.
    """
    from mimawari.service.releases import generations

    newest = generations.current()
    assert newest is not None
    manifest = newest.manifest
    for topic, entry in manifest.topics.items():
        model = entry.champion or f"{topic}-0123456789ab"
        manifest = manifest.with_topic(topic, entry.with_champion(model))
    generations.advance(manifest, BENCH, "bench")


def main() -> None:
    """Fill, read, print."""
    quick = "--quick" in sys.argv
    setup()
    in_force()
    from bench.reads.fill import Size, fill, tend
    from bench.reads.routes import Readers, lend_back

    size = Size(20_000, 4_000, 400, trials=20) if quick else Size(1_000_000, 100_000, 10_000)
    start = time.perf_counter()
    fill(size)
    filled = time.perf_counter() - start
    everywhere_modelled()
    start = time.perf_counter()
    tend()
    tended = time.perf_counter() - start
    rows = []
    for read in Readers().reads():
        times = []
        for _ in range(REPEATS + 1):
            lend_back()
            begin = time.perf_counter()
            answer = read.ask()
            times.append(1_000 * (time.perf_counter() - begin))
            assert answer.status_code == 200, (read.name, answer.status_code)
        first, *warm = times
        row: dict[str, Any] = {"read": read.name, "first_ms": rounded(first)}
        row["median_ms"] = rounded(float(np.median(warm)))
        row["p95_ms"] = rounded(float(np.quantile(warm, 0.95)))
        print(row, file=sys.stderr)
        rows.append(row)
    told = {
        "versions": size.versions,
        "alerts": size.alerts,
        "sellers": size.sellers,
        "seconds_to_fill": rounded(filled),
        "seconds_of_figures": rounded(tended),
        "repeats": REPEATS,
        "reads": rows,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
