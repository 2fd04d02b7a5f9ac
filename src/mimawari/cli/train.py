"""``mimawari train``: one topic's model from labelled listings."""

from __future__ import annotations

import getpass
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import track

from mimawari.cli.store import open_store
from mimawari.detectors.gbdt import artifact
from mimawari.detectors.gbdt.rows import collect
from mimawari.detectors.gbdt.training import Settings
from mimawari.detectors.gbdt.training import train as train_model
from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.listings.listing import Listing


def labelled(
    path: Path, topic: str, until: datetime | None = None
) -> Iterator[tuple[Listing, int | None, float]]:
    """Read a file's listings with their label for the topic; bad rows are left out.

    So are listings whose own time is ``until`` or later; those without a time stay. With each
    goes the probability of its review: 1 over its ``weight:TOPIC``, and 1 without one.

    Raises
    ------
    InvalidInputError
        No row of the file has a label for the topic.
    """
    from mimawari.listings.readers import read_listings

    found = False
    for row in read_listings(path):
        label = row.labels.get(topic)
        found = found or label is not None
        if row.listing is not None and not _later(row.listing, until):
            yield row.listing, label, 1 / row.weights.get(topic, 1.0)
    if not found:
        remedy = "add this column holding 1, 0 or nothing (unknown)"
        raise InvalidInputError(
            FieldProblem(f"label:{topic}", f"has no label in {path.name}", remedy)
        )


def _later(listing: Listing, until: datetime | None) -> bool:
    at = listing.created_at or listing.updated_at
    return until is not None and at is not None and at >= until


def stored(
    topic: str, until: datetime | None = None
) -> Iterable[tuple[Listing, int | None, float]]:
    """Read the moderators' labels from the store; those made before ``until``."""
    open_store()
    from mimawari.service.review.labels import labelled_listings  # Django only where needed

    found: Iterable[tuple[Listing, int | None, float]] = labelled_listings(topic, until)
    return found


def train(
    topic: Annotated[str, typer.Option(help="Topic to train; any name.")],
    source: Annotated[
        Path | None,
        typer.Option("--from", help="CSV, JSONL or Parquet with a column label:TOPIC."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Folder of the model; must be new.")
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%z"],
            help="Labels from before this time only (UTC): what a back-test from then on asks for.",
        ),
    ] = None,
    least: Annotated[int, typer.Option(help="Fewest positives to train from.", min=2)] = 20,
) -> None:
    """Train a topic's model from the moderators' decisions, or from a file."""
    until = until.replace(tzinfo=until.tzinfo or UTC) if until else None
    try:
        listings = labelled(source, topic, until) if source else stored(topic, until)
        rows = collect(track(listings, description="Reading", transient=True))
        typer.echo(f"{len(rows.y)} labelled listings, {int(rows.y.sum())} violate. Training ...")
        now = datetime.now(UTC)
        who = {"by": getpass.getuser(), "at": now.isoformat(timespec="seconds")}
        if until or not source:  # a file does not say when its labels were made
            who["labels_until"] = min(until or now, now).isoformat(timespec="seconds")
        model = train_model(rows, topic, Settings(least_positives=least), lineage=who)
        folder = output or Path("models") / f"{topic}-{datetime.now(UTC):%Y%m%dT%H%M%S}"
        version = artifact.save(model, folder)
    except InvalidInputError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    typer.echo(f"{version} in {folder}")
