"""Write down what a day consists of from now on, with the event that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from mimawari.datasets.history.files import sha256_of
from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.audit.record import record
from mimawari.service.history.days import NAMES, put_file
from mimawari.service.history.event_kinds import DAY, day_details
from mimawari.service.history.models import Cause, ClosedDay
from mimawari.service.platform import clock

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from mimawari.records.principal import Principal


def keep(day: date, kind: str, path: Path) -> str:
    """Put a day's file into the store by its hash, which is given."""
    alone = path.parent.parent / kind
    alone.mkdir()
    path.rename(alone / NAMES[kind])
    sha256 = sha256_of(alone / NAMES[kind])
    put_file(day, kind, alone / NAMES[kind], sha256)
    return sha256


def write_edition(row: ClosedDay, principal: Principal, reason: str) -> ClosedDay:
    """Write an edition of a day within the caller's transaction.

    Raises
    ------
    InvalidInputError
        Somebody wrote one of the same number meanwhile.
    """
    row.at = clock.database_now()
    row.actor = principal.name
    try:
        row.save(force_insert=True)
    except IntegrityError as error:
        problem, remedy = "was changed by somebody else meanwhile", "repeat the command"
        raise InvalidInputError(FieldProblem(str(row.day), problem, remedy)) from error
    record(DAY, row.pk, principal, day_details(row), reason)
    return row


def next_edition(row: ClosedDay) -> ClosedDay:
    """Give a copy that is the edition after one, not written yet."""
    names = [field.name for field in ClosedDay._meta.concrete_fields if field.name != "id"]
    copy = ClosedDay(**{name: getattr(row, name) for name in names})
    copy.edition = row.edition + 1
    return copy


def note(day: date, cause: Cause, principal: Principal, reason: str) -> ClosedDay:
    """Note what becomes of a day whose files stay, unless that was noted."""
    with transaction.atomic():
        rows = ClosedDay.objects.filter(day=day)
        newest = rows.latest("edition")
        if rows.filter(cause=cause).exists():
            return newest
        row = next_edition(newest)
        row.cause = cause
        return write_edition(row, principal, reason)
