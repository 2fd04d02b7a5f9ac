"""``mimawari score``: scores of a file's listings, by models in folders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated

import pyarrow as pa
import pyarrow.parquet as pq
import typer
from rich.progress import track

from mimawari.detectors.loading import Model, load_model
from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.listings.batch import ListingBatch
from mimawari.listings.listing import Listing

BATCH = 2048
SCHEMA = pa.schema(
    [
        ("listing_id", pa.string()),
        ("version", pa.int64()),
        ("topic", pa.string()),
        ("score", pa.float32()),
        ("model_version", pa.string()),
    ]
)


def listings_of(path: Path) -> Iterator[Listing]:
    """Read a file's listings; bad rows are left out."""
    from mimawari.listings.readers import read_listings

    return (row.listing for row in read_listings(path) if row.listing is not None)


def scored(listings: Iterable[Listing], models: list[Model]) -> Iterator[pa.RecordBatch]:
    """Score a stream batch by batch; one row a listing and topic."""
    stream = iter(listings)
    while batch := list(islice(stream, BATCH)):
        together = ListingBatch.of(batch)
        for model in models:
            columns = [
                [one.id for one in batch],
                [one.version for one in batch],
                [model.topic] * len(batch),
                model.score(together)[:, 0],
                [model.version] * len(batch),
            ]
            arrays = [pa.array(c, t) for c, t in zip(columns, SCHEMA.types, strict=True)]
            yield pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)


def load_all(folders: list[Path]) -> list[Model]:
    """Load models, at least one."""
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
) -> None:
    """Write listing_id, version, topic, score and model version of every listing."""
    try:
        models = load_all(model or [])
        listings = track(listings_of(source), description="Scoring", transient=True)
        with pq.ParquetWriter(output, SCHEMA) as writer:
            for part in scored(listings, models):
                writer.write_batch(part)
    except InvalidInputError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
