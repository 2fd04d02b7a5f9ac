"""Closed days as files, and runs over them."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from tests.flows.worlds import RULES
from tests.small_model import small_model

from mimawari.datasets.history.files import sha256_of
from mimawari.datasets.history.rows import SentVersion
from mimawari.datasets.history.sent import sent_table
from mimawari.detectors.golden.listings import golden_listings
from mimawari.detectors.loading import load_model
from mimawari.flows.backtest.labels import LABELS, KnownLabels
from mimawari.flows.day_files import DAYS, DayFiles, RunDays
from mimawari.flows.records import HistoryDay, Request, Served
from mimawari.flows.run_folder import RunFolder
from mimawari.listings.listing import Listing

FIRST = date(2026, 3, 2)
A_DAY, GROUP, ERASED = 120, 20, 7


def listings(days: int = 3) -> list[Listing]:
    """Titles of the golden listings' words; a sabre among thirty."""
    random = np.random.default_rng(5)
    words = sorted({word for golden in golden_listings() for word in golden.title.split()})
    return [
        Listing(
            id=f"L{i}",
            version=1,
            seller_id=f"s{i % 50}",
            title=" ".join((*random.choice(words, 6), *(["sabre"] if i % 30 == 0 else []))),
            language="ja" if i % 3 else "en",
            category=("Home",),
        )
        for i in range(A_DAY * days)
    ]


def sent(place: Path, of: list[Listing], first: int, day: date) -> Path:
    """Write a day's file; one version of it is erased."""
    began = datetime(day.year, day.month, day.day, tzinfo=UTC)
    rows = [
        SentVersion(
            number=first + i,
            listing_id=listing.id,
            version=listing.version,
            seller_id=listing.seller_id,
            received_at=began + timedelta(seconds=i),
            payload="" if i == ERASED else msgspec.json.encode(listing).decode(),
            rule_hits=[],
            picture_text="",
            erased=i == ERASED,
        )
        for i, listing in enumerate(of)
    ]
    path = place / f"{day}" / "sent.parquet"
    path.parent.mkdir(parents=True)
    table: pa.Table = sent_table(rows)
    pq.write_table(table, path, row_group_size=GROUP)
    return path


def days_of(place: Path, days: int = 3) -> tuple[tuple[HistoryDay, ...], RunDays]:
    """Write closed days: what a request says of them, and where they lie."""
    known, files = [], []
    drawn = listings(days)
    for number in range(days):
        day, first = FIRST + timedelta(days=number), A_DAY * number
        path = sent(place, drawn[first : first + A_DAY], first + 1, day)
        known.append(
            HistoryDay(day=day, versions=A_DAY, scores="", sent=sha256_of(path), totals="")
        )
        files.append(DayFiles(day=day, scores="", sent=str(path), totals=""))
    return tuple(known), RunDays(tuple(files))


def candidate(place: Path) -> tuple[Path, str]:
    """Train a model, once a place; gives its folder and version."""
    folder = place / "candidate"
    if not folder.exists():
        small_model(folder)
    return folder, load_model(folder).version


def new_backtest(
    root: Path, model: Path, shards: int = 2, champion: Path | None = None
) -> RunFolder:
    """Make the folder of a run over three days: a model against the rules, or another one."""
    run = RunFolder(root / "runs" / "one")
    days, files = days_of(root / "history")
    champions = {} if champion is None else {"weapons": load_model(champion).version}
    run.write(
        "request.json",
        Request(
            run="backtest-0123456789ab",
            topics=("weapons",),
            by="ann",
            at=datetime(2026, 4, 1, tzinfo=UTC),
            models={"weapons": load_model(model).version},
            days=days,
            served=Served(champions=champions, capacities={"weapons": 5}),
            shards=shards,
        ),
    )
    run.write(DAYS, files)
    run.write_text("topics/weapons/rules.toml", RULES)
    run.write_folder(run.model("weapons"), lambda folder: shutil.copytree(model, folder))
    if champion is not None:
        run.write_folder(run.champion("weapons"), lambda folder: shutil.copytree(champion, folder))
    numbers = tuple(range(1, 3 * A_DAY + 1, 4))
    values = tuple(int((number - 1) % 30 == 0) for number in numbers)
    run.write(f"topics/weapons/{LABELS}", KnownLabels(numbers, values, learnt=2))
    return run
