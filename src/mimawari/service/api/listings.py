"""The hot operations: intake of one or many listings, synchronous check, history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.listings.listing import Listing
from mimawari.listings.validation import parse_listing
from mimawari.service.accounts.permissions import Permission
from mimawari.service.api import tags
from mimawari.service.api.answers import storage_failed
from mimawari.service.api.batch import MOST_BATCH, LineAnswer, answer_lines
from mimawari.service.api.bodies import NDJSON, NO_BODY, Body, Lines, Nothing, parts_of
from mimawari.service.api.check import Checked, check_listing
from mimawari.service.api.examples import listings as examples
from mimawari.service.api.operation import NO_PARAMETERS, Answer, Operation, RefusedError
from mimawari.service.intake import log
from mimawari.service.platform.metrics import CHECKS, LISTINGS
from mimawari.service.review.listing_history import MOST, NEWEST, USUAL, ListingHistory, history_of

if TYPE_CHECKING:
    from mimawari.service.api.operation import Call, NoParameters


class Accepted(msgspec.Struct, frozen=True):
    """A durable answer: accepted, duplicate (harmless) or stale (a newer version is known)."""

    listing_id: str
    version: int
    status: str


class ListingAddress(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which listing, and which of its versions."""

    # PostgreSQL takes no NUL in a query, and no listing has one.
    id: Annotated[
        str,
        msgspec.Meta(
            pattern=r"^[^\x00]*$", description="The listing's identifier, percent-encoded."
        ),
    ]
    before: Annotated[
        int, msgspec.Meta(ge=0, le=NEWEST, description="Only versions older than this one.")
    ] = NEWEST
    limit: Annotated[
        int, msgspec.Meta(ge=1, le=MOST, description="At most so many versions, the newest.")
    ] = USUAL


def _parse(data: bytes) -> Listing:
    """Parse a listing that is to be kept, and count those that cannot be."""
    try:
        return parse_listing(data)
    except InvalidInputError:
        LISTINGS.labels("rejected").inc()
        raise


@Operation(
    method="POST",
    path="/api/v1/listings",
    id="submitListing",
    tag=tags.LISTINGS,
    summary="Submit one listing version; 202 means it is durable.",
    permission=Permission.SUBMIT,
    parameters=NO_PARAMETERS,
    body=Body(Listing, examples.LISTING, _parse),
    answers=(Answer(202, "Durable", Accepted, Accepted("1001", 1, "accepted")),),
    refusals={
        409: "The version is known with other content",
        507: "The disk is full; nothing was kept",
    },
)
async def submit(call: Call[NoParameters, Listing]) -> Accepted | Response:
    """Take one listing version; 202 once it is durable."""
    listing = call.body
    try:
        status = (await call.edge.writer.append([listing]))[0]
    except OSError as error:
        return storage_failed(error)
    LISTINGS.labels(status).inc()
    if status == log.CONFLICT:
        problem = f"{listing.version} is known with other content"
        remedy = "send an edit under a greater version"
        raise RefusedError(409, FieldProblem("version", problem, remedy))
    return Accepted(listing.id, listing.version, status)


@Operation(
    method="POST",
    path="/api/v1/listings:batch",
    id="submitListings",
    tag=tags.LISTINGS,
    summary="Submit listings line by line; each line is answered once it is durable.",
    permission=Permission.SUBMIT,
    parameters=NO_PARAMETERS,
    body=Lines(Nothing, Nothing(), Listing, examples.LISTINGS),
    answers=(Answer(200, "An answer a line", LineAnswer, examples.LINE_ANSWERS, NDJSON),),
    refusals={
        408: "The body does not come",
        413: "The body is over the limit; send what was not answered again, in smaller requests",
        429: "Too many batches are written; see Retry-After",
    },
)
async def submit_many(call: Call[NoParameters, Nothing]) -> Response:
    """Take listings line by line (NDJSON), answering each line once it is durable."""
    # Answered at the end: clients send their whole body before they read, so answers sent
    # meanwhile would fill the connection and stop both sides. What is answered is durable;
    # a client that lost the answer repeats the request, which is harmless.
    async with call.edge.budget.batch():
        lines = answer_lines(parts_of(call.request, MOST_BATCH), call.edge.writer)
        answers = [answered async for answered in lines]
    return Response(b"".join(answers), media_type=NDJSON)


@Operation(
    method="POST",
    path="/api/v1/check",
    id="checkListing",
    tag=tags.LISTINGS,
    summary="Score a listing before it goes live, and say what follows; nothing is kept.",
    permission=Permission.CHECK,
    parameters=NO_PARAMETERS,
    body=Body(Listing, examples.DRAFT, parse_listing),
    answers=(Answer(200, "Scores and reasons", Checked, examples.CHECKED),),
    refusals={503: "No topic is in force yet, or the store does not answer"},
)
async def check(call: Call[NoParameters, Listing]) -> Checked:
    """Score a listing now, without keeping it."""
    loaded = call.edge.suites.loaded
    if loaded is None:
        remedy = "mimawari topics install-starter; where one is, mimawari check says what is wrong"
        raise RefusedError(503, FieldProblem("topics", "none is in force here yet", remedy))
    topics = call.holder.authority.topics
    with CHECKS.time():
        return await run_in_threadpool(
            check_listing,
            loaded.suite,
            call.body,
            topics,
            loaded.manifest,
            call.edge.sellers.standings,
        )


@Operation(
    method="GET",
    path="/api/v1/listings/{id}",
    id="getListing",
    tag=tags.LISTINGS,
    summary="Everything that happened to a listing, version by version.",
    permission=Permission.LISTINGS,
    parameters=ListingAddress("1001"),
    body=NO_BODY,
    answers=(Answer(200, "The history", ListingHistory, examples.HISTORY),),
    refusals={404: "Unknown listing"},
)
def history(call: Call[ListingAddress, Nothing]) -> ListingHistory:
    """Give all that happened to a listing."""
    listing_id = call.parameters.id
    known = history_of(listing_id, call.parameters.before, call.parameters.limit)
    if known is None:
        problem = FieldProblem("id", f"{listing_id[:80]!r} is unknown", "check the identifier")
        raise RefusedError(404, problem)
    return known


ENDPOINTS = (submit, submit_many, check, history)
