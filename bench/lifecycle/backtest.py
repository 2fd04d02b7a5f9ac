"""How long does a replay of history take, and how much memory?

    python -m bench.lifecycle.backtest [LISTINGS]

A million synthetic listings of ten days, 20 topics; of each a candidate with trees beside a
champion without them, through the flow `backtest`, a task a core. Texts are 20,000 different ones.
Writes bench/results/lifecycle_backtest.json.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow.parquet as pq

from bench.environment import aim, result, rounded, write
from bench.word_topic import TOPIC
from mimawari.datasets.history.files import sha256_of
from mimawari.datasets.history.rows import SentVersion
from mimawari.datasets.history.sent import sent_schema, sent_table
from mimawari.datasets.history.writing import SENT_GROUP
from mimawari.detectors.gbdt.rows import collect
from mimawari.detectors.loading import load_model
from mimawari.evaluation.choosing.prepare import settings_of
from mimawari.evaluation.choosing.run import Contest
from mimawari.evaluation.choosing.task import Task
from mimawari.flows.backtest.labels import LABELS, KnownLabels
from mimawari.flows.day_files import DAYS, DayFiles, RunDays
from mimawari.flows.launch import Launch
from mimawari.flows.records import HistoryDay, Request, Served
from mimawari.flows.run_folder import RunFolder
from mimawari.records.lineage import Lineage
from mimawari.simulation.marketplace import synthetic_listings, topic_name

LISTINGS, DAYS_REPLAYED, TOPICS, WORKERS = 1_000_000, 10, 20, 2
DISTINCT, LABELLED, CAPACITY = 20_000, 800, 50
AIM_SECONDS, AIM_GIGABYTES = 240.0, 2.0
START = datetime(2026, 3, 2, tzinfo=UTC)


def main(quick: bool = False, listings: int = LISTINGS) -> dict[str, Any]:
    """Write the days, train the models, replay."""
    count, topics = (4_000, 2) if quick else (listings, TOPICS)
    with tempfile.TemporaryDirectory() as place:
        run = RunFolder(Path(place) / "runs" / "one")
        names = [topic_name(i) for i in range(topics)]
        _train(run, names)
        _write(run, names, count, Path(place) / "history")
        process = Launch("backtest", run, Path(place) / "metaflow", WORKERS).start()
        began, cpu = time.perf_counter(), _cpu()
        printed, _ = process.communicate()
        assert process.returncode == 0, printed.decode()
        seconds, used = time.perf_counter() - began, _cpu() - cpu
        given = run.result
        assert given is not None
        backtests = [of.backtest for of in given.topics if of.backtest is not None]
        assert len(backtests) == topics
        assert {of.listings for of in backtests} == {count}
    gigabytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / 1e9
    figures = {
        "listings": count,
        "topics": topics,
        "tasks_at_once": WORKERS,
        "wall_seconds": rounded(seconds),
        "cpu_seconds": rounded(used),
        "cpu_microseconds_a_listing": rounded(1e6 * used / count),
        "largest_process_gigabytes": rounded(gigabytes),
        "overlap": rounded(float(np.mean([of.overlap for of in backtests]))),
    }
    aims = [
        aim("Processor time of the replay, s on 2 cores", AIM_SECONDS, used / WORKERS, True),
        aim("Memory of the largest process, GB", AIM_GIGABYTES, gigabytes, True),
    ]
    report = result(aims, figures)
    if count == LISTINGS:
        write("lifecycle_backtest", report)
    return report


def _train(run: RunFolder, topics: list[str]) -> None:
    """Train two models a topic: one with trees, and one without them that is in force."""
    drawn = list(synthetic_listings(LABELLED, 2, TOPICS, violation_rate=0.9))
    settings = settings_of(5, folds=2, augment=False)
    gbdt = msgspec.structs.replace(settings.gbdt, choose_text=False, choose_copies=False)
    settings = msgspec.structs.replace(settings, gbdt=gbdt)
    for topic in topics:
        rows = collect([(listing, int(topic in violated)) for listing, violated in drawn])
        task = Task(topic, rows, settings)
        for kind, folder in (("gbdt", run.model(topic)), ("tfidf", run.champion(topic))):
            Contest(task).save(kind, Lineage(), folder)
        rules = TOPIC.format(topic=topic, word=topic, capacity=CAPACITY)
        run.write_text(f"topics/{topic}/rules.toml", rules)


def _write(run: RunFolder, topics: list[str], count: int, history: Path) -> None:
    drawn = synthetic_listings(DISTINCT, 1, TOPICS)
    payloads = [msgspec.json.encode(listing).decode() for listing, _ in drawn]
    known, files = [], []
    for number in range(DAYS_REPLAYED):
        day, path = START + timedelta(days=number), history / f"{number}.parquet"
        path.parent.mkdir(exist_ok=True)
        with pq.ParquetWriter(path, sent_schema(), compression="zstd") as writer:
            for rows in _pages(number, count // DAYS_REPLAYED, day, payloads):
                writer.write_table(sent_table(rows), row_group_size=SENT_GROUP)
        known.append(
            HistoryDay(day=day.date(), versions=0, scores="", sent=sha256_of(path), totals="")
        )
        files.append(DayFiles(day=day.date(), scores="", sent=str(path), totals=""))
    request = Request(
        run="backtest-bench", topics=tuple(topics), by="bench", at=START, days=tuple(known),
        models={topic: load_model(run.model(topic)).version for topic in topics},
        served=Served(
            champions={topic: load_model(run.champion(topic)).version for topic in topics},
            capacities=dict.fromkeys(topics, CAPACITY),
        ),
        shards=WORKERS,
    )  # fmt: skip
    run.write("request.json", request)
    run.write(DAYS, RunDays(tuple(files)))
    numbers = tuple(range(1, count, 50))
    for topic in topics:
        run.write(f"topics/{topic}/{LABELS}", KnownLabels(numbers, (0,) * len(numbers)))


def _pages(
    number: int, count: int, day: datetime, payloads: list[str]
) -> Iterator[list[SentVersion]]:
    random = np.random.default_rng(number)
    for first in range(0, count, SENT_GROUP):
        chosen = random.integers(0, len(payloads), min(SENT_GROUP, count - first)).tolist()
        yield [
            SentVersion(
                number=number * count + first + i + 1,
                listing_id=f"m{number}-{first + i}",
                version=1,
                seller_id="s",
                received_at=day,
                payload=payloads[which],
                rule_hits=[],
                picture_text="",
            )
            for i, which in enumerate(chosen)
        ]


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    report = main(listings=int(sys.argv[1]) if len(sys.argv) > 1 else LISTINGS)
    sys.stdout.write(f"{report['figures']}\n")
