"""What somebody asks for who has found listings: one judgement on all of them."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import msgspec

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.records.label import VALUE

MOST_LISTINGS, MOST_KEY = 100, 80


class Shown(NamedTuple):
    """A listing version that somebody looked at."""

    listing_id: str
    version: int


class GroupRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A judgement on listings that were shown.

    Parameters
    ----------
    key
        Names the request: sent again, it decides nothing twice.
    policy_version
        The one that was shown; whichever is in force where it is None.
    """

    key: str
    topic: str
    verdict: str
    clause: str = ""
    note: str = ""
    listings: tuple[Shown, ...]
    policy_version: int | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of what is asked for, but for the note, which may be erased."""
        asked = (self.topic, self.verdict, self.clause, sorted(self.listings))
        return hashlib.sha256(msgspec.json.encode(asked)).hexdigest()


def check(request: GroupRequest) -> None:
    """Refuse what cannot be decided, whatever becomes of the listings.

    Raises
    ------
    InvalidInputError
        Naming every field that is wrong.

    Examples
    --------
    >>> check(GroupRequest(key="", topic="weapons", verdict="guilty", listings=()))
    Traceback (most recent call last):
    mimawari.errors.InvalidInputError: key: is empty; ...
    """
    problems = []
    if not request.key.strip() or len(request.key) > MOST_KEY or "\0" in request.key:
        problem = f"has {len(request.key):,} characters" if request.key.strip() else "is empty"
        remedy = f"name the request by 1 to {MOST_KEY} characters of your own"
        problems.append(FieldProblem("key", problem, remedy))
    if request.verdict not in VALUE:
        remedy = f"use {' or '.join(VALUE)}"
        problems.append(FieldProblem("verdict", f"{request.verdict[:20]!r} is none here", remedy))
    names = [shown.listing_id for shown in request.listings]
    if not 1 <= len(names) <= MOST_LISTINGS:
        remedy = f"give 1 to {MOST_LISTINGS} at once"
        problems.append(FieldProblem("listings", f"are {len(names):,}", remedy))
    elif len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        problem = f"name {twice[:80]!r} twice"
        problems.append(FieldProblem("listings", problem, "give each once, its newest version"))
    if problems:
        raise InvalidInputError(*problems)
