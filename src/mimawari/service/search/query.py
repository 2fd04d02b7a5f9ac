"""What somebody asks for, and what that means for the index given what they may see."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import msgspec

from mimawari.errors import FieldProblem, ForbiddenError, InvalidInputError
from mimawari.listings.normalise import canonical
from mimawari.records.action import ActionKind
from mimawari.service.accounts.permissions import Permission
from mimawari.service.review.models import Verdict
from mimawari.service.search import facets
from mimawari.service.search.index import Wanted
from mimawari.service.search.words import text_terms

if TYPE_CHECKING:
    from mimawari.service.accounts.permissions import Authority

VERDICTS = tuple(verdict.value for verdict in Verdict if verdict != Verdict.UNDONE)
ACTIONS = tuple(kind.value for kind in ActionKind)
MOST_TEXT = 200


class Query(msgspec.Struct, frozen=True, omit_defaults=True):
    """What somebody asks for: what is empty may be anything, all else must hold.

    Parameters
    ----------
    text
        Words of title and description, in any order.
    topic
        For which it was put before moderators.
    verdict, moderator
        Of a decision that stands, both of the same one; the account is a number.
    action
        What was done about it and not taken back.
    first_day, last_day
        Between which it came (UTC), both included.
    """

    text: str = ""
    seller: str = ""
    topic: str = ""
    verdict: str = ""
    moderator: int | None = None
    action: str = ""
    first_day: dt.date | None = None
    last_day: dt.date | None = None

    @property
    def is_empty(self) -> bool:
        """Whether all may be anything."""
        return self == Query()


def check(query: Query) -> Query:
    """Refuse what cannot be meant.

    Raises
    ------
    InvalidInputError
        Naming every field that is wrong, and what it could be.

    Examples
    --------
    >>> check(Query(verdict="guilty"))
    Traceback (most recent call last):
    mimawari.errors.InvalidInputError: verdict: 'guilty' is unknown; use violates, ...
    """
    problems = []
    for field, value, known in (
        ("verdict", query.verdict, VERDICTS),
        ("action", query.action, ACTIONS),
    ):
        if value and value not in known:
            remedy = f"use {', '.join(known)}"
            problems.append(FieldProblem(field, f"{value[:20]!r} is unknown", remedy))
    if len(query.text) > MOST_TEXT:
        problem = f"has {len(query.text):,} characters"
        problems.append(FieldProblem("text", problem, f"at most {MOST_TEXT}"))
    if query.first_day and query.last_day and query.first_day > query.last_day:
        problem = f"{query.last_day} is before {query.first_day}"
        problems.append(FieldProblem("last_day", problem, "give the earlier day first"))
    if problems:
        raise InvalidInputError(*problems)
    return query


def wanted_by(query: Query, authority: Authority) -> Wanted:
    """Say what the index is asked for by somebody.

    Topics that are not theirs are as if nothing had been decided there. Who judges alone does not
    find what was decided of cases that wait, as on the page of a listing.

    Raises
    ------
    InvalidInputError
        A field is wrong, or the text holds no letter or digit.
    ForbiddenError
        They ask for actions and may not see any.
    """
    check(query)
    if query.action and Permission.ACTIONS not in authority.permissions:
        problem = f"needs the permission {Permission.ACTIONS}"
        raise ForbiddenError(FieldProblem("action", problem, "leave it out"))
    text = text_terms(canonical(query.text))
    if query.text.strip() and not text.terms:
        problem = "holds no letter and no digit"
        raise InvalidInputError(FieldProblem("text", problem, "write a word of the listing"))
    decided = bool(query.verdict or query.moderator is not None)
    return Wanted(
        terms=text.terms,
        any_of=tuple(_groups(query, authority)),
        parts=text.parts,
        first_day=query.first_day,
        last_day=query.last_day,
        settled=decided and judges_alone(authority),
    )


def judges_alone(authority: Authority) -> bool:
    """Whether somebody decides without seeing what others said of a case that waits."""
    given = authority.permissions
    return Permission.REVIEW in given and Permission.SCORES not in given


def _groups(query: Query, authority: Authority) -> list[tuple[str, ...]]:
    groups: list[tuple[str, ...]] = []
    if query.seller:
        groups.append((facets.seller(query.seller),))
    topics = _topics(query, authority)
    if query.topic:
        groups.append(tuple(map(facets.topic, topics)))
    moderator = "" if query.moderator is None else str(query.moderator)
    if query.verdict or moderator:
        decided = (facets.decision(topic, query.verdict, moderator) for topic in topics)
        groups.append(tuple(decided))
    if query.action:
        groups.append(tuple(facets.action(topic, query.action) for topic in topics))
    return groups


def _topics(query: Query, authority: Authority) -> list[str]:
    """Give the topics in which something may have been decided; any is an empty name."""
    if query.topic:
        return [query.topic] if authority.concerns(query.topic) else []
    return [""] if authority.topics is None else sorted(authority.topics)
