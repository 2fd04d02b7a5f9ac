"""Options of every command that reads a file of listings, and how it tells of bad rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mimawari.listings.listing import Listing
    from mimawari.listings.readers import LeftOut, Reading, Row

Currency = Annotated[
    str | None,
    typer.Option("--currency", help="Of the file's prices that stand without one: JPY."),
]
LabelColumn = Annotated[
    str | None,
    typer.Option(
        "--label-column",
        help="The file's column of label names; by default label or labels, where it has one.",
    ),
]


def reading_of(
    currency: str | None, label_column: str | None = None, topic: str | None = None
) -> Reading:
    """Give how a file is read whose labels are asked for."""
    from mimawari.listings.readers import Reading

    return Reading(currency, label_column, topic)


def without_labels(currency: str | None) -> Reading:
    """Give how a file is read whose labels nobody asks for."""
    from mimawari.listings.readers import Reading

    return Reading(currency, labels=False)


def rows_of(path: Path, reading: Reading) -> Iterator[Row]:
    """Read a file's good rows; says at the end how many others there were."""
    from mimawari.listings.readers import good_rows

    return good_rows(path, reading, warn)


def listings_of(path: Path, currency: str | None = None) -> Iterator[Listing]:
    """Read a file's listings; says at the end how many rows are none."""
    rows = rows_of(path, without_labels(currency))
    return (row.listing for row in rows if row.listing is not None)


def warn(rows: LeftOut) -> None:
    """Say which rows could not be read."""
    typer.echo(str(rows), err=True)
