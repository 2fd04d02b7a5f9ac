"""A decision that somebody took elsewhere, and how it is read from a row of a file."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.listings.decoding import printable
from mimawari.listings.listing import Listing
from mimawari.listings.readers.label_column import TRUTH
from mimawari.listings.readers.rows import COLUMNS, NOTE, Row, as_row
from mimawari.records.label import Verdict
from mimawari.suggestions import unknown_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mimawari.listings.readers.records import FileRow

OWN = ("topic", "verdict", "decided_at", "reviewer", "clause", "note")
"""Columns of a decision; all others are those of its listing."""
ALSO = "listing_id"
"""Another name of the column ``id``."""
NEEDED = ("id", "topic", "verdict", "decided_at", "reviewer")
TEXTS = ("title", "description")
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
MOST_REVIEWER, MOST_NOTE = 200, 2_000
_VERDICTS = (Verdict.VIOLATES, Verdict.DOES_NOT_VIOLATE, Verdict.CANNOT_TELL)
_WORDS = {str(verdict): verdict for verdict in _VERDICTS}
_OF_TRUTH = {1: Verdict.VIOLATES, 0: Verdict.DOES_NOT_VIOLATE}


class PastDecision(msgspec.Struct, frozen=True, kw_only=True):
    """What a reviewer decided of a listing and topic, before or beside this service.

    Parameters
    ----------
    version
        Of the listing, where the file says so.
    reviewer
        As the file names them: nobody's account.
    listing
        The listing as it was judged, where the file holds its text.
    """

    listing_id: str
    version: int | None
    topic: str
    verdict: Verdict
    decided_at: datetime
    reviewer: str
    clause: str = ""
    note: str = ""
    listing: Listing | None = None


def check_columns(names: Iterable[str], file: str) -> None:
    """Refuse a header with columns missing or unknown.

    Raises
    ------
    InvalidInputError
        Naming each, with the closest known ones.

    Examples
    --------
    >>> check_columns(["id", "topic", "verdict", "decided_at", "reviewer"], "past.csv")
    >>> check_columns(["id", "topic", "verdikt", "decided_at", "reviewer"], "past.csv")
    Traceback (most recent call last):
    mimawari.errors.InvalidInputError: past.csv: column verdict: is missing; add it
    past.csv: column 'verdikt': is unknown; did you mean 'verdict'?
    """
    names = ["id" if name == ALSO else name for name in names]
    problems = [
        FieldProblem(f"{file}: column {name}", "is missing", "add it")
        for name in NEEDED
        if name not in names
    ]

    def unknown_column(name: str, near: str | None) -> FieldProblem:
        remedy = f"did you mean {near!r}?" if near else "remove it"
        return FieldProblem(f"{file}: column {printable(name)[:80]!r}", "is unknown", remedy)

    known = (*OWN, *COLUMNS)
    unknown = [name for name in names if name not in known and not name.startswith(NOTE)]
    problems += unknown_names(unknown, known, unknown_column, f"{file}: header")
    if problems:
        raise InvalidInputError(*problems)


def past_decision_in(row: FileRow, currency: str | None = None) -> PastDecision | Row:
    """Read a row's decision; a refused `Row` says what is wrong with it.

    Parameters
    ----------
    currency
        Of a price that stands without one.
    """
    if row.problem is not None:
        return _refused(row, row.problem)
    problems: list[FieldProblem] = []
    own = {name: row.fields.get(name) for name in OWN}
    topic, reviewer = _text(own, "topic", problems), _text(own, "reviewer", problems)
    if len(reviewer) > MOST_REVIEWER:
        problem = f"has {len(reviewer):,} characters"
        problems.append(FieldProblem("reviewer", problem, f"at most {MOST_REVIEWER}"))
    note = _text(own, "note", problems, needed=False)
    if len(note) > MOST_NOTE:
        problems.append(
            FieldProblem("note", f"has {len(note):,} characters", f"at most {MOST_NOTE:,}")
        )
    clause = _text(own, "clause", problems, needed=False)
    verdict, at = _verdict(own["verdict"], problems), _time(own["decided_at"], problems)
    fields = {
        "id" if name == ALSO else name: value
        for name, value in row.fields.items()
        if name not in OWN
    }
    version = _version(fields.get("version"), problems)
    listing_id = _text({"id": fields.get("id")}, "id", problems)
    listing = None
    if any(fields.get(name) not in (None, "") for name in TEXTS):
        read = as_row(row.number, dict(fields), row.raw, row.line, currency)
        listing, problems = read.listing, [*problems, *read.problems]
    if problems or verdict is None or at is None:
        return _refused(row, *dict.fromkeys(problems))
    return PastDecision(
        listing_id=listing.id if listing else listing_id,
        version=version,
        topic=topic,
        verdict=verdict,
        decided_at=at,
        reviewer=reviewer,
        clause=clause,
        note=note,
        listing=listing,
    )


def _refused(row: FileRow, *problems: FieldProblem) -> Row:
    return Row(row.number, None, problems, raw=row.raw[:2_000], line=row.line)


def _text(
    fields: Mapping[str, object], name: str, problems: list[FieldProblem], needed: bool = True
) -> str:
    value = fields[name]
    text = "" if value is None else str(value).strip()
    if isinstance(value, (dict, list)) or "\0" in text or not _is_unicode(text):
        problems.append(FieldProblem(name, "is no text", "write a text"))
    elif needed and not text:
        problems.append(FieldProblem(name, "is missing", "give it"))
    return text


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _verdict(value: object, problems: list[FieldProblem]) -> Verdict | None:
    text = "" if value is None else str(value).strip().lower()
    if text in _WORDS:
        return _WORDS[text]
    if text in TRUTH:
        return _OF_TRUTH[TRUTH[text]]
    problem = f"is {text[:40]!r}" if text else "is missing"
    remedy = f"write {', '.join(_WORDS)}, or yes and no"
    problems.append(FieldProblem("verdict", problem, remedy))
    return None


def _time(value: object, problems: list[FieldProblem]) -> datetime | None:
    """Read a time with its zone; without one nobody knows which moment it is."""
    remedy = "write a time with its zone, such as 2024-05-01T12:00:00Z"
    problem = ""
    at = value if isinstance(value, datetime) else None
    text = "" if value is None else str(value).strip()
    if at is None:
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            problem = f"is {text[:40]!r}" if text else "is missing"
    if at is not None and at.tzinfo is None:
        problem = f"{text[:40]} has no time zone"
    elif at is not None and at < EARLIEST:
        problem = f"{text[:40]} is before {EARLIEST.year}"
    if problem or at is None:
        problems.append(FieldProblem("decided_at", problem, remedy))
        return None
    return at.astimezone(UTC)


def _version(value: object, problems: list[FieldProblem]) -> int | None:
    if value is None or value == "":
        return None
    try:
        number = int(str(value))
    except ValueError:
        number = -1
    if not 0 <= number <= 2**53:
        problem = f"is {str(value)[:40]!r}"
        problems.append(FieldProblem("version", problem, "write a whole number, or nothing"))
        return None
    return number
