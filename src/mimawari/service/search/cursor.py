"""Where a reader of results stands: signed, and of the question it came with."""

from __future__ import annotations

import hashlib

import msgspec
from django.core import signing

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.search.query import Query  # read by msgspec

SALT = "mimawari.search"
FIELD = "after"


class Place(msgspec.Struct, frozen=True):
    """A number below which results go on, and how many there were on the first page."""

    before: int
    count: int


def written(query: Query, place: Place) -> str:
    """Write a place within the results of a question."""
    return signing.dumps([_name(query), place.before, place.count], salt=SALT, compress=False)


def read(text: str, query: Query) -> Place:
    """Read it.

    Raises
    ------
    InvalidInputError
        It is none, was altered, or belongs to another question.
    """
    try:
        name, before, count = signing.loads(text, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError) as error:
        remedy = "leave it out to read from the newest"
        raise InvalidInputError(FieldProblem(FIELD, "is no cursor of ours", remedy)) from error
    if name != _name(query):
        problem, remedy = "belongs to other filters", "leave it out, or ask as you did before"
        raise InvalidInputError(FieldProblem(FIELD, problem, remedy))
    return Place(before, count)


def _name(query: Query) -> str:
    return hashlib.sha256(msgspec.json.encode(query)).hexdigest()[:16]
