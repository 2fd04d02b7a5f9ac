"""Monitoring's steps as functions: a share that moves is told, and days of topics beside others."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mimawari.datasets.history.files import sha256_of
from mimawari.datasets.history.rows import SentVersion
from mimawari.datasets.history.sent import sent_table
from mimawari.datasets.history.totals import BINS, TopicTotal, write_totals
from mimawari.errors import InvalidInputError
from mimawari.flows.backtest.labels import LABELS, KnownLabels
from mimawari.flows.day_files import DAYS, DayFiles, RunDays, day_files
from mimawari.flows.monitor import counting, stages
from mimawari.flows.monitor_records import Monitored
from mimawari.flows.records import HistoryDay, Request, Served
from mimawari.flows.run_folder import RunFolder
from mimawari.listings.listing import Listing

FIRST = date(2026, 3, 2)
MODEL = "weapons-0000000000aa"
A_DAY, DAYS_WATCHED, MOVED = 200, 20, 17
"""Versions a day; days; and from which of them on most listings are in Japanese."""


def write_day(place: Path, number: int, ja: float) -> tuple[HistoryDay, DayFiles]:
    day, random = FIRST + timedelta(days=number), np.random.default_rng(number)
    began = datetime(day.year, day.month, day.day, tzinfo=UTC)
    folder = place / str(day)
    folder.mkdir(parents=True)
    first = 1 + A_DAY * number
    rows = []
    for i in range(A_DAY):
        listing = Listing(
            id=f"L{first + i}", version=1, seller_id=f"s{first + i}", title="a cup",
            language="ja" if random.random() < ja else "en",
        )  # fmt: skip
        rows.append(
            SentVersion(
                number=first + i, listing_id=listing.id, version=1, seller_id=listing.seller_id,
                received_at=began + timedelta(minutes=7 * i),
                payload=msgspec.json.encode(listing).decode(), rule_hits=[], picture_text="",
            )
        )  # fmt: skip
    table: pa.Table = sent_table(rows)
    pq.write_table(table, folder / "sent.parquet", row_group_size=64)
    scores = np.full(A_DAY, 0.05, np.float32)
    pq.write_table(
        pa.table(
            {
                "number": pa.array(range(first, first + A_DAY), pa.int64())[::-1],
                "s_weapons": scores,
                f"m_weapons/{MODEL}": pa.nulls(A_DAY, pa.float32()),
                "a_weapons": [i < 10 for i in range(A_DAY)],
            }
        ),
        folder / "scores.parquet",
    )
    alerted = 100 if number == DAYS_WATCHED - 1 else 10
    write_totals(folder / "totals.parquet", [TopicTotal("weapons", 1, A_DAY, alerted, (0,) * BINS)])
    paths = {name: folder / f"{name}.parquet" for name in ("scores", "sent", "totals")}
    hashes = {name: sha256_of(path) for name, path in paths.items()}
    files = {name: str(path) for name, path in paths.items()}
    return HistoryDay(day=day, versions=A_DAY, **hashes), DayFiles(day=day, **files)


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[HistoryDay, DayFiles]]:
    place = tmp_path_factory.mktemp("history")
    return [write_day(place, n, 0.9 if n >= MOVED else 0.3) for n in range(DAYS_WATCHED)]


def new_run(root: Path, history: list[tuple[HistoryDay, DayFiles]], shards: int = 3) -> RunFolder:
    run = RunFolder(root / "runs" / "one")
    request = Request(
        run="monitor-0123456789ab", topics=("weapons",), by="ann",
        at=datetime(2026, 4, 1, tzinfo=UTC), days=tuple(day for day, _ in history),
        served=Served(capacities={"weapons": 10}), shards=shards,
    )  # fmt: skip
    run.write("request.json", request)
    run.write(DAYS, RunDays(tuple(files for _, files in history)))
    alerted = [A_DAY * (n + 1) - i for n in range(DAYS_WATCHED) for i in range(8)]
    fell = {number for number in alerted if number > A_DAY * (DAYS_WATCHED - 2)}
    values = tuple(int(number not in fell and number % 2 == 0) for number in alerted)
    run.write(f"topics/weapons/{LABELS}", KnownLabels(tuple(alerted), values))
    return run


def done(run: RunFolder) -> Monitored:
    request = str(run.request_path)
    for days in stages.begin(request):
        stages.count(request, days)
    stages.watch(request)
    stages.finish(request)
    result = run.result
    assert result is not None
    assert result.monitored is not None
    return result.monitored


def test_a_share_that_moves_is_told_from_when_it_did(
    history: list[tuple[HistoryDay, DayFiles]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = new_run(tmp_path, history)
    monitored = done(run)
    assert monitored.versions == A_DAY * DAYS_WATCHED
    assert monitored.batches == 2 * DAYS_WATCHED
    told = {(change.watch, change.kind, change.name) for change in monitored.changes}
    assert ("inputs", "language", "ja") in told
    assert {watch for watch, *_ in told} == {"inputs"}
    change = next(change for change in monitored.changes if change.name == "ja")
    assert change.before < 0.4
    assert change.after > 0.8
    began = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC) + timedelta(days=MOVED)
    assert began - timedelta(days=1) <= change.since <= change.at < began + timedelta(days=2)
    assert set(monitored.watched_from) == {"inputs", "scores weapons"}
    # What is counted already is not counted again.
    monkeypatch.setattr(counting, "sent_pages", None)
    assert done(run) == monitored


def test_days_of_a_topic_are_held_against_those_before(
    history: list[tuple[HistoryDay, DayFiles]], tmp_path: Path
) -> None:
    run = new_run(tmp_path, history)
    days = done(run).topics["weapons"]
    assert [day.alerted for day in days] == [10] * (DAYS_WATCHED - 1) + [100]
    assert [day.unusual for day in days] == [False] * (DAYS_WATCHED - 1) + [True]
    assert {day.judged for day in days} == {8}
    assert days[0].violating == 4
    assert days[-1].violating == 0
    card = (run.path / "card.html").read_text("utf-8")
    assert "too many alerts" in card
    assert "language: ja" in card


def test_however_the_days_are_shared_it_is_the_same(
    history: list[tuple[HistoryDay, DayFiles]], tmp_path: Path
) -> None:
    assert done(new_run(tmp_path / "a", history, 1)) == done(new_run(tmp_path / "b", history, 7))


def test_few_days_are_learnt_from_and_nothing_is_told(
    history: list[tuple[HistoryDay, DayFiles]], tmp_path: Path
) -> None:
    run = new_run(tmp_path, history[:3])
    monitored = done(run)
    assert (monitored.changes, monitored.watched_from) == ((), {})
    assert "Nothing was watched" in (run.path / "card.html").read_text("utf-8")


def test_a_seller_counts_once_in_an_hour() -> None:
    batches = counting._Batches()
    at = datetime(2026, 3, 2, tzinfo=UTC)
    for minutes in (0, 30, 59, 200):
        batches.add("s1", at + timedelta(minutes=minutes), {"inputs": {"language": "ja"}})
    batches.add("s2", at + timedelta(minutes=201), {"inputs": {"language": "en"}})
    (batch,) = batches.all()
    assert batch.tallies["inputs"].counts == {"language": {"ja": 1.0, "en": 1.0}}


def test_a_changed_day_is_refused(
    history: list[tuple[HistoryDay, DayFiles]], tmp_path: Path
) -> None:
    day = msgspec.structs.replace(history[0][0], totals="0" * 64)
    run = new_run(tmp_path, [(day, history[0][1]), *history[1:3]])
    with pytest.raises(InvalidInputError, match="has another totals file"):
        stages.begin(str(run.request_path))
    assert len(day_files(run)) == 3
