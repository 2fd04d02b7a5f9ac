"""Search: listing versions by words, seller, topic, verdict, moderator, action and day."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.accounts.permissions import Permission
from mimawari.service.api import tags
from mimawari.service.api.bodies import NO_BODY
from mimawari.service.api.examples import search as examples
from mimawari.service.api.operation import Answer, Operation
from mimawari.service.search.query import ACTIONS, VERDICTS, Query
from mimawari.service.search.results import MOST, USUAL, FoundPage, search

if TYPE_CHECKING:
    from mimawari.service.api.bodies import Nothing
    from mimawari.service.api.operation import Call

# PostgreSQL takes no NUL in a query, and no listing has one.
_TEXT = r"^[^\x00]*$"
_DAY = "^([0-9]{4}-[0-9]{2}-[0-9]{2})?$"
MODERATOR = "moderator-"
MOST_CURSOR = 400


class SearchQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is looked for: all that is given must hold."""

    text: Annotated[
        str,
        Meta(
            pattern=_TEXT,
            max_length=200,
            description="Words of title and description, folded as rules fold them.",
        ),
    ] = ""
    seller: Annotated[
        str, Meta(pattern=_TEXT, max_length=200, description="The seller's identifier.")
    ] = ""
    topic: Annotated[
        str,
        Meta(
            pattern=_TEXT,
            max_length=40,
            description="A topic for which it was put before moderators.",
        ),
    ] = ""
    verdict: Annotated[
        str,
        Meta(max_length=20, description=f"Of a decision that stands: {', '.join(VERDICTS)}."),
    ] = ""
    moderator: Annotated[
        str,
        Meta(
            pattern="^(moderator-[0-9]{1,18})?$",
            description="Who decided so, as answers name them.",
        ),
    ] = ""
    action: Annotated[
        str,
        Meta(
            max_length=20,
            description=f"What was done about it: {', '.join(ACTIONS)}; needs `actions:read`.",
        ),
    ] = ""
    first_day: Annotated[
        str, Meta(pattern=_DAY, description="The first day (UTC) on which it came.")
    ] = ""
    last_day: Annotated[
        str, Meta(pattern=_DAY, description="The last day (UTC) on which it came.")
    ] = ""
    after: Annotated[
        str,
        Meta(max_length=MOST_CURSOR, description="`next` of the last page, with the same filters."),
    ] = ""
    limit: Annotated[int, Meta(ge=1, le=MOST, description="At most so many.")] = USUAL


@Operation(
    method="GET",
    path="/api/v1/listings",
    id="searchListings",
    tag=tags.LISTINGS,
    summary="Find listings by words, seller, topic, verdict, moderator, action and day.",
    permission=Permission.LISTINGS,
    parameters=SearchQuery(text="pistol", first_day="2026-11-01"),
    body=NO_BODY,
    answers=(Answer(200, "A page, newest first", FoundPage, examples.FOUND),),
)
def search_listings(call: Call[SearchQuery, Nothing]) -> FoundPage:
    """Give a page."""
    asked = call.parameters
    query = Query(
        text=asked.text,
        seller=asked.seller,
        topic=asked.topic,
        verdict=asked.verdict,
        moderator=_number(asked.moderator),
        action=asked.action,
        first_day=_day("first_day", asked.first_day),
        last_day=_day("last_day", asked.last_day),
    )
    return search(query, call.holder.authority, asked.after, asked.limit)


def _number(moderator: str) -> int | None:
    if not moderator:
        return None
    number = int(moderator.removeprefix(MODERATOR))
    if number >= 2**63:
        problem = FieldProblem("moderator", f"{moderator!r} is unknown", "see earlier answers")
        raise InvalidInputError(problem)
    return number


def _day(field: str, text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError as error:
        raise InvalidInputError(
            FieldProblem(field, f"{text!r} is no day", "write it as 2026-11-02")
        ) from error


ENDPOINTS = (search_listings,)
