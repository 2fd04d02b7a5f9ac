"""What moderators write: notes beside decisions, and reasons; bounded, and in one piece."""

from __future__ import annotations

from mimawari.errors import FieldProblem, InvalidInputError

MOST = 1_000


def note_of(text: str) -> str:
    """Read a note; it may be empty.

    Raises
    ------
    InvalidInputError
        It is too long, or holds what no store keeps.

    Examples
    --------
    >>> note_of("  the serial number is filed off ")
    'the serial number is filed off'
    """
    return _checked("note", text)


def reason_of(text: str) -> str:
    """Read a reason, which is not empty.

    Raises
    ------
    InvalidInputError
        It is empty or too long, or holds what no store keeps.
    """
    reason = _checked("reason", text)
    if not reason:
        raise InvalidInputError(FieldProblem("reason", "is empty", "say why in a few words"))
    return reason


def _checked(field: str, text: str) -> str:
    shortened = text.strip()
    if len(shortened) > MOST:
        problem = f"has {len(shortened):,} characters"
        raise InvalidInputError(FieldProblem(field, problem, f"at most {MOST:,}"))
    # PostgreSQL keeps no NUL, and no half of a surrogate pair is UTF-8.
    if "\0" in shortened or any("\ud800" <= character <= "\udfff" for character in shortened):
        problem = "holds a NUL or half a surrogate pair"
        raise InvalidInputError(FieldProblem(field, problem, "leave it out"))
    return shortened
