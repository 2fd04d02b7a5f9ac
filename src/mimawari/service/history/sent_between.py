"""Read what was sent in the order of arrival, from the files of days whose rows left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.datasets.history.files import may_hold, open_file, read_where
from mimawari.datasets.history.sent import sent_rows
from mimawari.service.history.days import file_of, moved_days

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from mimawari.datasets.history.rows import SentVersion


def sent_between(after: int, until: int) -> Iterator[SentVersion]:
    """Yield versions with a greater number than the first, up to the second, but for erased ones.

    Those that stayed in the database are among them.

    Raises
    ------
    InvalidInputError
        A file of a day is missing or damaged.
    """
    for day in moved_days((after + 1, until)):
        with open_file(file_of(day, "sent")) as file:
            for group in range(file.num_row_groups):
                if not may_hold(file, group, 0, after + 1, until):
                    continue
                for row in sent_rows(file.read_row_group(group)):
                    if after < row.number <= until and not row.erased:
                        yield row


def numbers_between(start: datetime, end: datetime) -> tuple[int, int] | None:
    """Give the first and the last number of what left the database and came in a stretch of time.

    Raises
    ------
    InvalidInputError
        A file of a day is missing or damaged.
    """
    numbers: list[int] = []
    for day in moved_days():
        if day.first_received < end and start <= day.last_received:
            table = read_where(file_of(day, "sent"), "received_at", start, end, ("number",))
            numbers += table["number"].to_numpy().tolist()
    return (min(numbers), max(numbers)) if numbers else None
