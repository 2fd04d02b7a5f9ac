"""The steps of the demo: topics and models in force, a stream through HTTP, the report."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from mimawari.cli.demo_models import chosen_kinds, train_each
from mimawari.cli.store import open_store
from mimawari.detectors.packs import starter
from mimawari.evaluation.leak import leak_gauge
from mimawari.evaluation.report.page import as_page
from mimawari.evaluation.report.run import RunReport, TopicScores, summarise
from mimawari.evaluation.report.terminal import as_table as table
from mimawari.listings.readers import read_listings
from mimawari.records.principal import Principal
from mimawari.simulation import sample

if TYPE_CHECKING:
    from pathlib import Path

    from mimawari.listings.listing import Listing

__all__ = ["add_webhook", "make_admin", "prepare", "report", "stream", "table", "write_page"]

console = Console()
GROUP = 1_000
DEMO = Principal("system", "demo", "demo")
# Titles that the leak gauge looks at: enough for three digits, in a second.
GAUGED = 6_000


@dataclass(frozen=True, slots=True)
class Labelled:
    """A listing of the sample with its labels by topic."""

    listing: Listing
    labels: dict[str, int]


@dataclass(frozen=True, slots=True)
class Streamed:
    """What was streamed, and how long it took until all of it was scored."""

    rows: list[Labelled]
    seconds: float


def progress_bar() -> Progress:
    """Give the demo's progress bar."""
    columns = (TextColumn("{task.description:<34}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, TimeElapsedColumn(), console=console)


def read(path: Path) -> list[Labelled]:
    """Read one part of the sample."""
    rows = read_listings(path)
    return [Labelled(row.listing, row.labels) for row in rows if row.listing is not None]


def prepare(folder: Path) -> dict[str, bool]:
    """Put the sample's topics in force, train their models and activate those.

    Returns
    -------
    Topics of the sample, and whether each has a model.
    """
    open_store()
    from mimawari.service.releases.activating import activate_topic_files
    from mimawari.service.releases.activating_models import activate_model

    rows = read(sample.TRAIN)
    topics = sorted({topic for row in rows for topic in row.labels})
    files = [path for path in starter() if path.stem in topics]
    modelled, kinds = dict.fromkeys(topics, False), chosen_kinds()
    with progress_bar() as bar:
        task = bar.add_task("rules of the starter pack", total=len(files))
        activate_topic_files(files, DEMO, "starter pack")
        measure_rules(rows)
        bar.advance(task, len(files))
        task = bar.add_task(f"training on {len(rows):,} listings", total=len(topics))
        for topic, kind, missing in train_each(topics, folder / "models"):
            if missing:
                console.print(f"  {topic}: rules only ({missing})", highlight=False)
            else:
                if (chosen := kinds.get(topic, kind)) != kind:
                    missing_extra = f"{chosen} was chosen and needs pip install 'mimawari\\[train]'"
                    console.print(f"  {topic}: {kind} ({missing_extra})", highlight=False)
                reason = f"first model ({kind}), for the demo"
                activate_model(folder / "models" / topic, DEMO, reason)
            modelled[topic] = not missing
            bar.advance(task)
    return modelled


def measure_rules(rows: list[Labelled]) -> None:
    """Measure the rules' precision on the training part, so that both sides know it."""
    from mimawari.detectors.rules.measure import measure_precisions
    from mimawari.service.releases.activating import activate_precisions
    from mimawari.service.releases.generations import build_rules, current

    newest = current()
    assert newest is not None
    labelled = ((row.listing, row.labels) for row in rows)
    precisions = measure_precisions(build_rules(newest.manifest), labelled)
    activate_precisions(precisions, DEMO, "measured on the training part")


def make_admin() -> str:
    """Create the demo's administrator with a random password; gives the password."""
    from mimawari.service.accounts import roles
    from mimawari.service.accounts.permissions import Role

    password = secrets.token_urlsafe(12)
    roles.add("demo", password, Role.ADMIN, DEMO)
    return password


def add_webhook(address: str) -> str:
    """Have events sent to the demo's own marketplace; gives the secret."""
    from mimawari.service.delivery import endpoints

    return endpoints.add(address, DEMO, description="the demo's marketplace")[1]


def stream(url: str) -> Streamed:
    """Send the sample's other part through the API, and wait until all of it is scored."""
    import httpx

    from mimawari.service.accounts import keys

    rows = read(sample.STREAM)
    key = keys.create("demo", [keys.Scope.WRITE, keys.Scope.CHECK, keys.Scope.READ], DEMO)
    headers = {"Authorization": f"Bearer {key}"}
    began = time.monotonic()
    with (
        httpx.Client(base_url=url, headers=headers, timeout=60) as client,
        progress_bar() as bar,
    ):
        sent = bar.add_task("sent, durable", total=len(rows))
        scored = bar.add_task("scored and alerted", total=len(rows))
        for start in range(0, len(rows), GROUP):
            group = rows[start : start + GROUP]
            body = b"\n".join(msgspec.json.encode(row.listing) for row in group)
            answer = client.post("/api/v1/listings:batch", content=body).raise_for_status()
            accepted = answer.text.count('"status":"accepted"')
            if accepted != len(group):
                raise RuntimeError(f"{len(group) - accepted} listings were refused: {answer.text}")
            bar.update(sent, completed=start + len(group))
        while pending := client.get("/health").json()["pending"]:
            bar.update(scored, completed=len(rows) - pending)
            time.sleep(0.1)
        bar.update(scored, completed=len(rows))
    return Streamed(rows, time.monotonic() - began)


def report(streamed: Streamed, topics: dict[str, bool]) -> RunReport:
    """Read the scores from the store and count what they caught, at the topics' capacity."""
    from mimawari.service.releases.generations import current
    from mimawari.service.scoring.models import Score

    newest = current()
    assert newest is not None
    order, entries = newest.manifest.topic_order, newest.manifest.topics
    at = {row.listing.id: i for i, row in enumerate(streamed.rows)}
    score = np.full((len(at), len(order)), np.nan, np.float32)
    rules = score.copy()
    stored = Score.objects.values_list("listing_version__listing_id", "scores", "rule_scores")
    for listing_id, both, by_rules in stored.iterator(chunk_size=2_000):
        score[at[listing_id]] = np.frombuffer(bytes(both), "<f4")
        rules[at[listing_id]] = np.frombuffer(bytes(by_rules), "<f4")
    results = [
        summarise(
            TopicScores(
                topic,
                entries[topic].capacity,
                score[:, order.index(topic)],
                rules[:, order.index(topic)],
                np.array([row.labels.get(topic, -1) for row in streamed.rows], np.int8),
                modelled,
            ),
            list(at),
        )
        for topic, modelled in topics.items()
    ]
    return RunReport(
        title="The demo's run: what the same reviews caught",
        listings=len(at),
        seconds=streamed.seconds,
        topics=tuple(results),
        leak=gauge(streamed.rows),
        notes=(
            "The starter pack's word lists were widened after reading what they missed in the "
            "table this sample is taken from: that flatters the rules.",
        ),
    )


def gauge(rows: list[Labelled]) -> float:
    """Measure P3 on the streamed listings: any violation against none, by style alone."""
    chosen = np.random.default_rng(0).permutation(len(rows))[:GAUGED]
    titles = [rows[i].listing.title for i in chosen]
    labels = np.array([int(any(rows[i].labels.values())) for i in chosen], np.int8)
    return leak_gauge(titles, labels, [rows[i].listing.seller_id for i in chosen], seed=0)


def write_page(result: RunReport, path: Path) -> None:
    """Write the report's page."""
    path.write_text(as_page(result), "utf-8")
