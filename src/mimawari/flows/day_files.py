"""Where the files of a run's days lie on this host, written anew by whoever starts it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mimawari.datasets.history.files import sha256_of
from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from mimawari.flows.run_folder import RunFolder

DAYS = "days.json"


class DayFiles(msgspec.Struct, frozen=True, kw_only=True):
    """Paths of a day's files."""

    day: date
    scores: str
    sent: str
    totals: str


class RunDays(msgspec.Struct, frozen=True):
    """The days of a run, oldest first."""

    days: tuple[DayFiles, ...]


def day_files(run: RunFolder) -> dict[date, DayFiles]:
    """Give the files of each day.

    Raises
    ------
    InvalidInputError
        They were never written.
    """
    return {of.day: of for of in run.read(DAYS, RunDays).days}


def require_unchanged(run: RunFolder, *kinds: str) -> dict[date, DayFiles]:
    """Give the files once those of some kinds are found to be what the request names.

    Raises
    ------
    InvalidInputError
        There is no day, or a file is missing or another one.
    """
    if not run.request.days:
        remedy = "mimawari history close puts days into files"
        raise InvalidInputError(FieldProblem("days", "are not closed", remedy))
    files = day_files(run)
    problems = []
    for wanted in run.request.days:
        for kind in kinds:
            if sha256_of(Path(getattr(files[wanted.day], kind))) != getattr(wanted, kind):
                problem, remedy = f"has another {kind} file than was asked for", "start a new run"
                problems.append(FieldProblem(str(wanted.day), problem, remedy))
    if problems:
        raise InvalidInputError(*problems)
    return files
