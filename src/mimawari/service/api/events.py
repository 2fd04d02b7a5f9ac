"""The feed: what happened, read on from a cursor, in the bodies that webhooks have."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta
from starlette.concurrency import run_in_threadpool

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.records.outgoing import TYPES
from mimawari.service.accounts.permissions import Permission
from mimawari.service.api import tags
from mimawari.service.api.bodies import NO_BODY
from mimawari.service.api.examples import events as examples
from mimawari.service.api.operation import Answer, Operation
from mimawari.service.api.store import connected
from mimawari.service.delivery import cursor, reading
from mimawari.service.delivery.feed import EventPage, feed_page

if TYPE_CHECKING:
    from mimawari.service.api.bodies import Nothing
    from mimawari.service.api.operation import Call

MOST = 1_000
LONGEST_WAIT = 20
MOST_CURSOR = 400


class FeedQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From where to read on, what, and how long to wait for it."""

    after: Annotated[
        str,
        Meta(
            max_length=MOST_CURSOR,
            description="`next` of the last page; from the beginning where it is left out.",
        ),
    ] = ""
    types: Annotated[
        str,
        Meta(
            max_length=MOST_CURSOR,
            description="Types to give, with commas between them; all where it is left out.",
        ),
    ] = ""
    limit: Annotated[int, Meta(ge=1, le=MOST, description="At most so many.")] = 100
    wait: Annotated[
        int, Meta(ge=0, le=LONGEST_WAIT, description="Seconds to wait where there is none yet.")
    ] = 0


@Operation(
    method="GET",
    path="/api/v1/events",
    id="listEvents",
    tag=tags.EVENTS,
    summary="What happened after a cursor; waits for it where `wait` is given.",
    permission=Permission.EVENTS,
    parameters=FeedQuery("", "decision.made", 100, 0),
    body=NO_BODY,
    answers=(Answer(200, "A page", EventPage, examples.PAGE),),
)
async def list_events(call: Call[FeedQuery, Nothing]) -> EventPage:
    """Give a page; no thread is held while it waits."""
    query, types = call.parameters, _types(call.parameters.types)
    place = await run_in_threadpool(_place, query.after)
    page = await run_in_threadpool(_page, place, query.limit, types)
    if page.events or page.more or not query.wait:
        return await run_in_threadpool(_answer, page)
    async with aclosing(call.edge.feed.growths(page.next, query.wait)) as growths:
        async for _ in growths:
            page = await run_in_threadpool(_page, page.next, query.limit, types)
            if page.events:
                break
    return await run_in_threadpool(_answer, page)


def _types(text: str) -> list[str]:
    types = [name for name in text.split(",") if name]
    for name in types:
        if name not in TYPES:
            remedy = f"use {', '.join(TYPES)}"
            raise InvalidInputError(FieldProblem("types", f"{name[:40]!r} is unknown", remedy))
    return types


def _place(after: str) -> int:
    with connected():
        return cursor.read(after)


def _page(place: int, limit: int, types: list[str]) -> reading.Page:
    with connected():
        return reading.read(place, limit, types)


def _answer(page: reading.Page) -> EventPage:
    with connected():
        return feed_page(page)


ENDPOINTS = (list_events,)
