"""A bank as a file of JSON lines that only grows: who said what, and who took it back."""

from __future__ import annotations

import fcntl
import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from mimawari.detectors.banks.entries import Entry, Verdict
from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

_MOST_PROBLEMS = 20  # problems of one file
_FORM = "give an entry as JSON: pdq, topic, verdict, by, at with a time zone, note"


@dataclass(frozen=True, slots=True, eq=False)
class Bank:
    """What a file holds.

    Parameters
    ----------
    name
        Of the file, without its suffix.
    history
        All entries, the oldest first.
    """

    name: str
    history: tuple[Entry, ...]

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What holds now: of each hash and topic the last entry, unless it withdraws."""
        last = {(entry.pdq, entry.topic): entry for entry in self.history}
        return tuple(entry for entry in last.values() if entry.verdict is not Verdict.WITHDRAWN)

    @property
    def version(self) -> str:
        """Changes with every entry."""
        lines = msgspec.json.Encoder().encode_lines(self.history)
        return hashlib.sha256(lines).hexdigest()[:12]


def load(path: Path) -> Bank:
    """Read a bank.

    Raises
    ------
    InvalidInputError
        The file cannot be read, or lines of it are no entries; names them.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
        raise _refuse(FieldProblem(path.name, problem, "name a bank's file")) from error
    decoder, history, problems = msgspec.json.Decoder(Entry), [], []
    for number, line in enumerate(data.splitlines(), 1):
        try:
            history.append(decoder.decode(line))
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            problems.append(FieldProblem(f"{path.name} line {number}", str(error), _FORM))
    if problems:
        raise _refuse(*problems[:_MOST_PROBLEMS])
    return Bank(path.stem, tuple(history))


def add(path: Path, entries: Iterable[Entry]) -> None:
    """Append entries in one write, making the file where there is none.

    Raises
    ------
    InvalidInputError
        An entry that could not be read again, or a file whose last line was cut off.
    """
    lines = msgspec.json.Encoder().encode_lines([_sound(entry) for entry in entries])
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
    with os.fdopen(handle, "r+b", buffering=0) as file:
        fcntl.flock(handle, fcntl.LOCK_EX)  # or another's half-written line would look broken off
        size = file.seek(0, os.SEEK_END)
        if size and os.pread(handle, 1, size - 1) != b"\n":
            problem = "ends within a line: a write was broken off"
            raise _refuse(FieldProblem(path.name, problem, "remove its last line, then try again"))
        file.write(lines)
        os.fsync(handle)


def remove(path: Path, pdq: str, topic: str, by: str, at: datetime, note: str = "") -> None:
    """Take back what holds of a hash for a topic; the history stays.

    Raises
    ------
    InvalidInputError
        Nothing holds, or the file cannot be read.
    """
    if (pdq, topic) not in {(entry.pdq, entry.topic) for entry in load(path).entries}:
        problem = f"{pdq[:70]!r} is not in {path.name} for {topic[:100]!r}"
        raise _refuse(FieldProblem("pdq", problem, "give hash and topic as the bank lists them"))
    withdrawal = Entry(pdq=pdq, topic=topic, verdict=Verdict.WITHDRAWN, by=by, at=at, note=note)
    add(path, [withdrawal])


def _sound(entry: Entry) -> Entry:
    """Check what the constructor does not."""
    try:
        return msgspec.json.decode(msgspec.json.encode(entry), type=Entry)
    except (msgspec.MsgspecError, UnicodeEncodeError) as error:
        raise _refuse(FieldProblem("entry", str(error), _FORM)) from error


def _refuse(*problems: FieldProblem) -> InvalidInputError:
    return InvalidInputError(*problems)
