"""`mimawari duplicates`: which listings of a file are near to those of other sellers."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from mimawari.cli.reading import Currency, listings_of
from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mimawari.listings.duplicates.groups import Member

COLUMNS = ("group", "listing_id", "seller_id", "near_to", "similarity")


def duplicates(
    source: Annotated[Path, typer.Argument(help="CSV, JSONL or Parquet, .gz too.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="CSV file of the groups.")],
    least: Annotated[
        float, typer.Option(min=0.3, max=1, help="Similarity from which texts are near.")
    ] = 0.7,
    currency: Currency = None,
) -> None:
    """Group listings of different sellers whose texts are nearly the same."""
    from mimawari.listings.duplicates.groups import Groups

    if output.exists() and output.samefile(source):
        raise InvalidInputError(FieldProblem("--output", "is the file itself", "name another"))
    groups = Groups(least)
    with _progress() as progress:
        task = progress.add_task("0 listings", total=None)
        for number, listing in enumerate(listings_of(source, currency), 1):
            groups.add(listing)
            if number % 500 == 0:
                progress.update(task, description=f"{number:,} listings")
    clusters = groups.clusters()
    _write(output, clusters)
    members = sum(map(len, clusters))
    summary = f"{len(groups):,} listings: {members:,} in {len(clusters):,} groups, in {output}"
    typer.echo(summary)


def _progress() -> Progress:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    return Progress(*columns, transient=True, console=Console(stderr=True))


def _write(output: Path, groups: Iterable[list[Member]]) -> None:
    from mimawari.listings.writers import plain_cell

    partial = output.with_name(f".{output.name}.partial")
    try:
        with partial.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            for number, members in enumerate(groups, 1):
                for member in members:
                    similarity = "" if member.similarity is None else f"{member.similarity:.2f}"
                    ids = (member.listing_id, member.seller_id, member.near_to)
                    writer.writerow([number, *map(plain_cell, ids), similarity])
        partial.replace(output)
    except OSError as error:
        partial.unlink(missing_ok=True)
        reason = error.strerror or "cannot be written"
        raise InvalidInputError(FieldProblem(str(output), reason, "name another file")) from error
