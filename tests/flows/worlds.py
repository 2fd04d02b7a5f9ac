"""Tiny data sets, runs of them, and flows that are run to their end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mimawari.datasets import folder
from mimawari.datasets.card import LabelOrigin, describe
from mimawari.datasets.rows import KnownLabel, LabelledVersion
from mimawari.flows.launch import Launch
from mimawari.flows.records import Request, TrainSettings
from mimawari.flows.run_folder import RunFolder
from mimawari.listings.listing import Listing

START = datetime(2026, 3, 2, tzinfo=UTC)
FAULTS = Path(__file__).parent / "faults"
QUICK = TrainSettings(algorithm="linear", folds=2, augment=False)
RULES = """
topic = "weapons"
severity = "high"
capacity = 3
[title]
en = "weapons"
[policy]
en = "Nothing of the kind."
[[rules]]
id = "word"
when = { words = ["sabre"] }
[rules.examples]
match = ["a sabre"]
no_match = ["a cup"]
"""


def rows(count: int = 160) -> list[LabelledVersion]:
    """Label weapons, enough of them, and drugs, too few."""
    return [_row(i) for i in range(count)]


def _row(i: int) -> LabelledVersion:
    violates = int(i % 4 == 0)
    listing = Listing(
        id=f"L{i}",
        version=1,
        seller_id=f"s{i % 40 if i < 120 else i}",
        title=f"a {'sabre' if violates else 'cup'} thing {i % 7}",
        created_at=START + timedelta(hours=i),
    )
    labels = [KnownLabel(topic="weapons", value=violates)]
    if i < 60:
        labels.append(KnownLabel(topic="drugs", value=int(i < 5)))
    return LabelledVersion(listing, tuple(labels))


def data_set(place: Path) -> str:
    """Write the rows as a data set; gives its version."""
    known = rows()
    return folder.write(place, describe("goods", ["weapons", "drugs"], known, LabelOrigin()), known)


def new_run(
    root: Path, *topics: str, settings: TrainSettings = QUICK, shards: int = 1
) -> RunFolder:
    """Make a data set and the folder of a run over it; the same wherever it lies."""
    run = RunFolder(root / "runs" / "one")
    request = Request(
        run="train-0123456789ab",
        data_set=data_set(root / "set"),
        folder=str(root / "set"),
        topics=topics or ("weapons",),
        by="ann",
        at=START,
        settings=settings,
        shards=shards,
    )
    run.write("request.json", request)
    run.topic("weapons").mkdir(parents=True)
    (run.topic("weapons") / "rules.toml").write_text(RULES, "utf-8")
    return run


def launch(run: RunFolder, flow: str = "train") -> Launch:
    """Give the flow of a run, beside its folder."""
    return Launch(flow, run, run.path.parent.parent / "metaflow")


def finished(flow: Launch, earlier: str | None = None, step: str | None = None) -> tuple[int, str]:
    """Run a flow to its end; gives the exit status and what it said."""
    process = flow.start(earlier, step)
    said, _ = process.communicate()
    return process.returncode, said.decode()


def artifacts(flow: Launch) -> Iterator[tuple[str, str, str]]:
    """Yield step, name and encoding of every artifact that Metaflow keeps."""
    for path in sorted(flow.root.glob(".metaflow/*Flow/*/*/*/*.data.json")):
        for name, info in json.loads(path.read_text("utf-8"))["info"].items():
            yield path.parts[-3], name, info["encoding"]
