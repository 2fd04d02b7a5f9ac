"""``mimawari score``: scores of a file's listings, by models in folders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import track

from mimawari.cli.reading import Currency, listings_of
from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from mimawari.detectors.loading import Model
    from mimawari.listings.listing import Listing

BATCH = 2048


def schema() -> pa.Schema:
    """Give the columns that are written."""
    import pyarrow as pa

    types: dict[str, pa.DataType] = {
        "listing_id": pa.string(),
        "version": pa.int64(),
        "topic": pa.string(),
        "score": pa.float32(),
        "model_version": pa.string(),
    }
    return pa.schema(types)


def scored(listings: Iterable[Listing], models: list[Model]) -> Iterator[pa.RecordBatch]:
    """Score a stream batch by batch; one row a listing and topic."""
    import pyarrow as pa

    from mimawari.listings.batch import ListingBatch

    stream, written = iter(listings), schema()
    while batch := list(islice(stream, BATCH)):
        together = ListingBatch.of(batch)
        for model in models:
            columns: dict[str, list[str] | list[int] | NDArray[np.float32]] = {
                "listing_id": [listing.id for listing in batch],
                "version": [listing.version for listing in batch],
                "topic": [model.topic] * len(batch),
                "score": model.score(together)[:, 0],
                "model_version": [model.version] * len(batch),
            }
            yield pa.RecordBatch.from_pydict(columns, written)


def load_all(folders: list[Path]) -> list[Model]:
    """Load models, at least one."""
    from mimawari.detectors.loading import load_model

    if not folders:
        problem = FieldProblem("--model", "is missing", "name at least one model's folder")
        raise InvalidInputError(problem)
    return [load_model(folder) for folder in folders]


def score(
    source: Annotated[Path, typer.Argument(help="CSV, JSONL or Parquet.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Parquet file to write.")],
    model: Annotated[
        list[Path] | None, typer.Option(help="Folder of a model; may be given repeatedly.")
    ] = None,
    currency: Currency = None,
) -> None:
    """Write listing_id, version, topic, score and model version of every listing."""
    import pyarrow.parquet as pq

    try:
        models = load_all(model or [])
        listings = track(listings_of(source, currency), description="Scoring", transient=True)
        with pq.ParquetWriter(output, schema()) as writer:
            for part in scored(listings, models):
                writer.write_batch(part)
    except InvalidInputError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
