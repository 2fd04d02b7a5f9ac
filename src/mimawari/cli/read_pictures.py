"""`mimawari read-pictures`: the text inside of pictures, as a column of a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import track

from mimawari.cli.reading import Currency, LabelColumn, reading_of, rows_of
from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mimawari.listings.media.folder import FolderPictures
    from mimawari.listings.media.ocr import TextReader
    from mimawari.listings.readers import Row
    from mimawari.listings.writers import Labelled


def read_pictures(
    source: Annotated[
        Path, typer.Option("--from", help="CSV, JSONL or Parquet of listings; labels are kept.")
    ],
    images: Annotated[
        Path, typer.Option(help="Folder of pictures, named like the last part of their address.")
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="CSV, JSONL or Parquet file to write.")
    ],
    currency: Currency = None,
    label_column: LabelColumn = None,
) -> None:
    """Read the text in the pictures of a file's listings into its column picture_text.

    Commands that train, score or evaluate from the file then read it with the rest.
    """
    from mimawari.listings.media.folder import FolderPictures
    from mimawari.listings.media.ocr import TextReader
    from mimawari.listings.writers import write_labelled, writer_of

    if output.exists() and output.samefile(source):
        raise InvalidInputError(FieldProblem("--output", "is the file itself", "name another"))
    writer_of(output)
    reader, pictures = TextReader(), FolderPictures(images)
    read = _read(rows_of(source, reading_of(currency, label_column)), reader, pictures)
    rows = list(track(read, "Reading pictures", transient=True))
    if not pictures.seen(listing for listing, *_ in rows):
        remedy = "name files like the last part of the addresses in image_urls"
        raise InvalidInputError(
            FieldProblem("--images", "holds no picture of these listings", remedy)
        )
    write_labelled(output, rows)
    with_text = sum(bool(listing.picture_text) for listing, *_ in rows)
    typer.echo(f"{with_text:,} of {len(rows):,} listings have text in their pictures, in {output}")


def _read(rows: Iterable[Row], reader: TextReader, pictures: FolderPictures) -> Iterator[Labelled]:
    from mimawari.listings.media.ocr import read_pictures as read

    for row in rows:
        if row.listing is not None:
            yield read(reader, pictures, row.listing), row.labels, row.weights
