"""Verify everything the ledger speaks of; each problem names the event, row or batch."""

from __future__ import annotations

from contextlib import contextmanager
from itertools import chain, islice
from typing import TYPE_CHECKING

import msgspec
from django.db import connection, transaction

from mimawari.service.audit.erasures import Erasures
from mimawari.service.audit.keychain import Rotations
from mimawari.service.audit.removals import Removals
from mimawari.service.audit.rows import RowCheck
from mimawari.service.audit.verify_events import Events
from mimawari.service.audit.verify_log import check_log
from mimawari.service.audit.verify_rows import BatchCheck

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mimawari.ledger.checkpoint import Checkpoint

# So many problems say enough.
MOST = 1_000


class Problem(msgspec.Struct, frozen=True):
    """What does not fit."""

    where: str
    problem: str

    def __str__(self) -> str:
        return f"{self.where}: {self.problem}"


class Report(msgspec.Struct, frozen=True):
    """What was looked at, and what does not fit.

    ``waiting`` events are not sealed yet; ``rows`` counts the rows of batches, and ``removed``
    those that were there until retention removed them.
    """

    events: int
    waiting: int
    erased: int
    rows: int
    removed: int
    problems: tuple[Problem, ...]


def verify(kept: Checkpoint | None = None, *, batches: bool = True) -> Report:
    """Compare every event with its leaf, the leaves with the signed log, and rows with events.

    Parameters
    ----------
    kept
        A checkpoint that was kept elsewhere, its signature checked: shows what was cut off.
    batches
        Whether the rows of batches (listings, scores) are read too.
    """
    with snapshot():
        rows, bulk, erasures, removals = RowCheck(), BatchCheck(), Erasures(), Removals()
        rotations = Rotations()
        events = Events((rows.add, bulk.add, erasures.add, removals.add, rotations.add))
        events.read()
        keys = rotations.chain(events.ids)
        checks: Iterator[tuple[str, str]] = chain(
            events.problems,
            keys.problems,
            check_log(events, keys, kept),
            erasures.unexplained(events.erased),
            rows.check(),
            bulk.check(erasures.rows, removals) if batches else (),
        )
        problems = tuple(Problem(*problem) for problem in islice(checks, MOST))
    sealed, erased = len(events.ids), len(events.erased)
    return Report(sealed, events.waiting, erased, bulk.count, bulk.removed, problems)


@contextmanager
def snapshot() -> Iterator[None]:
    """See the store as it is at one moment, and let others write meanwhile."""
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
    else:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")  # Django's own would take the lock of the writer
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")
