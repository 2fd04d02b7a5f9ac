"""The rows of a closed day leave the database, some thousand a transaction: its files hold them.

Batches of the ledger stay as they are, salts too, so each row that left is still checked, in the
file. What a file does not hold as the database does stays where it is.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

import msgspec
from django.db import transaction

from mimawari.datasets.history.files import open_file, sha256_of
from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.audit.record import record
from mimawari.service.history import days
from mimawari.service.history.days import NAMES
from mimawari.service.history.editions import note
from mimawari.service.history.event_kinds import MOVED, Moved
from mimawari.service.history.models import Cause
from mimawari.service.history.moved import DayRows
from mimawari.service.intake.event_kinds import ENDINGS, LISTINGS
from mimawari.service.intake.models import ListingVersion
from mimawari.service.retention.delete import delete_rows
from mimawari.service.retention.needed import PARTS, needed
from mimawari.service.retention.reading import refuse_while_read
from mimawari.service.scoring.event_kinds import SCORES
from mimawari.service.search import erasing_lock
from mimawari.service.search.forget import forget_versions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mimawari.records.principal import Principal
    from mimawari.service.history.models import ClosedDay

CHUNK = 2_000
DIFFERS = "not in the file as in the database"


class Left(msgspec.Struct):
    """How many versions of a day left the database, and how many stay for each reason."""

    versions: int = 0
    kept: Counter[str] = msgspec.field(default_factory=Counter)


def move(
    row: ClosedDay,
    principal: Principal,
    reason: str,
    share: float = 1.0,
    progress: Callable[[Left], None] = lambda _: None,
) -> Left:
    """Delete the rows of a closed day that nothing needs; may be stopped and called again.

    Parameters
    ----------
    share
        Of the time that is spent working; it pauses for the rest, so that others come first.
    progress
        Is told after every transaction.

    Raises
    ------
    InvalidInputError
        A file is not the one that was written: nothing is deleted then. Or a back-test reads
        stored listings.
    """
    for kind, name in NAMES.items():
        if sha256_of(days.file_of(row, kind)) != getattr(row, kind):
            problem, remedy = "is not as it was written", "restore it from a back-up of the store"
            raise InvalidInputError(FieldProblem(f"{name} of {row.day}", problem, remedy))
    row = note(row.day, Cause.MOVING, principal, reason)
    left, filed = Left(), DayRows(row)
    for numbers in _stretches(row):
        began = time.monotonic()
        with transaction.atomic():
            part = _move(row, filed, numbers, principal, reason)
        left.versions += part.versions
        left.kept += part.kept
        progress(left)
        time.sleep((time.monotonic() - began) * (1 / share - 1))
    note(row.day, Cause.MOVED, principal, reason)
    return left


def _stretches(row: ClosedDay) -> Iterator[list[int]]:
    """Give the numbers of a day's versions that are still in the database."""
    with open_file(days.file_of(row, "sent")) as file:
        numbers = file.read(columns=["number"])["number"].to_numpy().tolist()
    for start in range(0, len(numbers), CHUNK):
        rows = ListingVersion.objects.filter(pk__in=numbers[start : start + CHUNK])
        if there := sorted(rows.values_list("pk", flat=True)):
            yield there


def _move(
    row: ClosedDay, filed: DayRows, numbers: Sequence[int], principal: Principal, reason: str
) -> Left:
    refuse_while_read()
    erasing_lock.hold()
    locked = ListingVersion.objects.select_for_update(skip_locked=True).filter(pk__in=numbers)
    there = list(locked.order_by("pk").values_list("pk", flat=True))
    reasons = needed(there)
    left = Left(kept=Counter(reasons.values()))
    free = [number for number in there if number not in reasons]
    going = free and _as_filed(filed, free)
    if len(going) < len(free):
        left.kept[DIFFERS] = len(free) - len(going)
    if going:
        left.versions = len(going)
        record(MOVED, str(row.day), principal, Moved(row.day, len(going)), reason)
        forget_versions(going)
        delete_rows(going, (*PARTS, ListingVersion))
    return left


def _as_filed(filed: DayRows, numbers: Sequence[int]) -> list[int]:
    """Give the versions whose rows are all in the files as they are in the database."""
    same = set(numbers)
    for table in (LISTINGS, SCORES, ENDINGS):
        rows = table.model._default_manager.filter(pk__in=numbers)
        there = {row[0]: row for row in rows.values_list(table.key, *table.columns)}
        same -= {n for n in same if not _equal(there.get(n), filed.row(table, n))}
    return sorted(same)


def _equal(stored: Sequence[object] | None, filed: Sequence[object] | None) -> bool:
    """Compare what two places hold; a database may give bytes in another guise."""
    if stored is None or filed is None:
        return stored is filed
    plain = [bytes(v) if isinstance(v, memoryview) else v for v in stored]
    return plain == list(filed)
