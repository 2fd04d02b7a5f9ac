"""What was sent on a day as listings, a page at a time: memory does not grow with the day."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from mimawari.datasets.history.files import open_file
from mimawari.listings.listing import Listing
from mimawari.listings.media.ocr import with_picture_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

COLUMNS = ("number", "received_at", "payload", "picture_text", "erased")
_decode = msgspec.json.Decoder(Listing).decode


class SentPage(NamedTuple):
    """Listing versions as they were scored, but for erased ones; columns of one length."""

    numbers: list[int]
    received_at: list[datetime]
    listings: list[Listing]


def group_sizes(path: Path) -> list[int]:
    """Give how many versions each group of rows of a day's ``sent.parquet`` holds.

    Raises
    ------
    InvalidInputError
        The file is missing or damaged.
    """
    with open_file(path) as file:
        return [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]


def sent_pages(path: Path, first: int = 0, end: int | None = None) -> Iterator[SentPage]:
    """Yield the versions of groups of rows, from the first to before the end, in their order.

    Raises
    ------
    InvalidInputError
        The file is missing or damaged.
    """
    with open_file(path) as file:
        for group in range(first, file.num_row_groups if end is None else end):
            table = file.read_row_group(group, columns=list(COLUMNS))
            columns = [table[name].to_pylist() for name in COLUMNS]
            rows = [row for row in zip(*columns, strict=True) if not row[-1]]
            yield SentPage(
                [number for number, *_ in rows],
                [at for _, at, *_ in rows],
                [with_picture_text(_decode(sent), read) for _, _, sent, read, _ in rows],
            )
