"""Remove closed days whole: what left the database, then the files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from mimawari.datasets.history.files import open_file
from mimawari.service.audit.bulk import stretches
from mimawari.service.audit.event_kinds import REMOVAL, Removal
from mimawari.service.audit.record import record
from mimawari.service.audit.remove import Batches
from mimawari.service.history import days
from mimawari.service.history.editions import next_edition, write_edition
from mimawari.service.history.models import Cause, ClosedDay
from mimawari.service.intake.event_kinds import ENDINGS, LISTINGS
from mimawari.service.intake.models import ListingVersion
from mimawari.service.scoring.event_kinds import SCORES
from mimawari.service.search import erasing_lock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from mimawari.records.principal import Principal

CHUNK = 5_000


def count_closed(before: date) -> dict[date, int]:
    """Count the versions of closed days before one that are in files alone."""
    counts = {}
    for row in days.moved_days():
        if row.day < before:
            counts[row.day] = sum(len(numbers) for numbers, _ in _left(row))
    return counts


def remove_closed(before: date, principal: Principal, reason: str) -> Iterator[tuple[date, int]]:
    """Remove the closed days before one; yields how many versions went, a transaction each.

    May be stopped and called again: the files go once the ledger says that nothing is in them.

    Raises
    ------
    InvalidInputError
        A file is missing, or not as the ledger knows its rows: removing it would hide that.
    """
    moved = {row.day for row in days.moved_days()}
    for row in days.closed_days():
        if row.day >= before:
            continue
        if row.day in moved:
            for numbers, ended in _left(row):
                with transaction.atomic():
                    count = _take_out(row.day, before, numbers, ended, principal, reason)
                yield row.day, count
        with transaction.atomic():
            new = next_edition(row)
            new.cause = Cause.REMOVED
            new.scores = new.sent = new.totals = new.listings = ""
            new.bytes = 0
            write_edition(new, principal, reason)
    gone = ClosedDay.objects.filter(cause=Cause.REMOVED, day__lt=before)
    for day in gone.values_list("day", flat=True):
        days.remove_others(day, None)


def _left(row: ClosedDay) -> Iterator[tuple[list[int], set[int]]]:
    """Give the numbers of versions that are in a day's files alone, and which of them ended."""
    with open_file(days.file_of(row, "sent")) as file:
        table = file.read(columns=["number", "ended"])
    numbers = table["number"].to_numpy().tolist()
    ended = table["ended"].is_valid().to_numpy().tolist()
    for start in range(0, len(numbers), CHUNK):
        part = numbers[start : start + CHUNK]
        rows = ListingVersion.objects.filter(pk__in=part)
        there = set(rows.values_list("pk", flat=True))
        has_end = dict(zip(part, ended[start : start + CHUNK], strict=True))
        gone = [number for number in part if number not in there]
        if gone:
            yield gone, {number for number in gone if has_end[number]}


def _take_out(
    day: date,
    before: date,
    numbers: list[int],
    ended: set[int],
    principal: Principal,
    reason: str,
) -> int:
    """Keep of rows their commitments alone, with the event that says that they are gone."""
    erasing_lock.hold()
    tables = ((LISTINGS, set(numbers)), (SCORES, set(numbers)), (ENDINGS, ended))
    batches = [(Batches(table), table.name, rows) for table, rows in tables if rows]
    rows = {name: stretches(sorted(held.committed(rows))) for held, name, rows in batches}
    rows = {name: runs for name, runs in rows.items() if runs}
    if rows:
        removal = Removal(before.isoformat(), {day.isoformat(): len(numbers)}, rows)
        record(REMOVAL, before.isoformat(), principal, removal, reason)
    for held, _, wanted in batches:
        held.take_out(wanted)
    return len(numbers)
