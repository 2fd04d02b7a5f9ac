"""Close a day: its versions are written to files, which are read back, kept, and then named.

Until the row that names the files is committed the day is in the log alone; from then on the files
are what it consists of, whether its rows are still in the log or not. So whoever is stopped at any
point leaves a day that is one or the other, and may do it again.
"""

from __future__ import annotations

import time
from datetime import date
from typing import TYPE_CHECKING

from django.db import transaction

from mimawari.datasets.history.columns import rows_of
from mimawari.datasets.history.files import open_file
from mimawari.datasets.history.sent import sent_rows
from mimawari.datasets.history.writing import SCORES, SENT, DayWriter
from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.catalogue.artifacts import artifacts
from mimawari.service.history import days
from mimawari.service.history.days import NAMES
from mimawari.service.history.editions import keep, write_edition
from mimawari.service.history.erasing import erase_in, erased_since
from mimawari.service.history.exporting import pages_of, span_of
from mimawari.service.history.models import Cause, ClosedDay
from mimawari.service.history.sums import RowSum
from mimawari.service.platform import clock
from mimawari.service.scoring.models import Score

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mimawari.datasets.history.columns import Manifests
    from mimawari.records.principal import Principal
    from mimawari.service.history.exporting import DaySpan


def open_days(before: date) -> list[date]:
    """Give the days before one that something was scored on and that are not closed.

    Raises
    ------
    InvalidInputError
        The day is after today: only days that are over can be closed.
    """
    today = clock.database_now().date()
    if before > today:
        problem = f"{before} is after today, {today} in UTC: only days that are over are closed"
        raise InvalidInputError(FieldProblem("before", problem, "give an earlier day"))
    known = set(ClosedDay.objects.values_list("day", flat=True))
    return [day for day in _scored_days(before) if day not in known]


def _scored_days(before: date) -> Iterator[date]:
    """Step from each day to the next, so that no more than an index is read."""
    after = date.min
    while True:
        rows = Score.objects.filter(day__gt=after, day__lt=before).order_by("day")
        day = rows.values_list("day", flat=True).first()
        if day is None:
            return
        yield day
        after = day


def close_day(day: date, principal: Principal, reason: str, share: float = 1.0) -> ClosedDay:
    """Close a day that is over; one that is closed stays as it is.

    Parameters
    ----------
    share
        Of the time that is spent working; it pauses for the rest, so that others come first.

    Raises
    ------
    InvalidInputError
        Nothing was scored on it, it changed meanwhile, or the files cannot be written.
    """
    if (known := days.closed_day(day)) is not None:
        return known
    if (span := span_of(day)) is None:
        problem, remedy = "has no scores", "see 'mimawari history list' for days that are closed"
        raise InvalidInputError(FieldProblem(str(day), problem, remedy))
    row = _name(_made(day, span, share, edition=1), principal, reason)
    while not _is_kept(row):  # an erasure came across its files before they had a name
        made = _made(day, span, share, row.edition + 1)
        made.cause = Cause.ERASED
        row = _name(made, principal, "a seller was erased while the day was closed")
    return settle(row, principal)


def _made(day: date, span: DaySpan, share: float, edition: int) -> ClosedDay:
    with days.work_folder(day) as work:
        row = _write(work / "day", day, span, share)
    row.edition = edition
    return row


def _is_kept(row: ClosedDay) -> bool:
    names = [days.artifact_name(row.day, kind, getattr(row, kind)) for kind in NAMES]
    return all(artifacts().has(name) for name in names)


def settle(row: ClosedDay, principal: Principal) -> ClosedDay:
    """See that what was erased while a day was closed is not in its files.

    An erasure that ended before looked through these files, or its rows are seen here.
    """
    if numbers := erased_since(row):
        erase_in(row, "number", numbers, principal, "erased while the day was closed")
        return days.closed_day(row.day) or row
    return row


def _write(folder: Path, day: date, span: DaySpan, share: float) -> ClosedDay:
    """Write a day's files, read them back, and keep them."""
    manifests, written = days.manifests_of(span.generations), RowSum()
    with DayWriter(folder, manifests, span.alerted) as writer:
        began = time.monotonic()
        for scored, sent in pages_of(day, span):
            writer.add(scored, sent)
            written.add(scored, sent)
            time.sleep((time.monotonic() - began) * (1 / share - 1))
            began = time.monotonic()
    if _read_back(folder, manifests) != written:
        problem, remedy = "is not read as it was written", "see that the disk is sound"
        raise InvalidInputError(FieldProblem(str(folder), problem, remedy))
    row = ClosedDay(
        day=day,
        cause=Cause.CLOSED,
        versions=writer.rows,
        bytes=sum((folder / name).stat().st_size for name in NAMES.values()),
        first_number=span.first,
        last_number=span.last,
        first_received=span.first_received,
        last_received=span.last_received,
    )
    for kind, name in NAMES.items():
        setattr(row, kind, keep(day, kind, folder / name))
    return row


def _read_back(folder: Path, manifests: Manifests) -> RowSum:
    read = RowSum()
    with open_file(folder / SCORES) as file:
        for group in range(file.num_row_groups):
            read.add(rows_of(file.read_row_group(group), manifests), ())
    with open_file(folder / SENT) as file:
        for group in range(file.num_row_groups):
            read.add((), sent_rows(file.read_row_group(group)))
    return read


def _name(row: ClosedDay, principal: Principal, reason: str) -> ClosedDay:
    """Write the row from which on the files are the day; that of whoever was faster with the same.

    Raises
    ------
    InvalidInputError
        Something was scored on it meanwhile, or somebody closed it as something else.
    """
    try:
        with transaction.atomic():
            if Score.objects.filter(day=row.day).count() != row.versions:
                problem = "something was scored on it meanwhile"
                raise InvalidInputError(FieldProblem(str(row.day), problem, "close it again"))
            return write_edition(row, principal, reason)
    except InvalidInputError:
        known = days.closed_day(row.day)
        if known is not None and known.scores == row.scores:
            return known
        raise
