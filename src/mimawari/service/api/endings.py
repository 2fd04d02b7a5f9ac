"""Listings that are no longer offered: reported one at a time, or line by line."""

from __future__ import annotations

from datetime import datetime  # read by msgspec
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.records.closing import EndReason as Reason
from mimawari.service.accounts.permissions import Permission
from mimawari.service.api import tags
from mimawari.service.api.answers import Problem, plain
from mimawari.service.api.batch import GROUP, MOST_BATCH, MOST_LINE, MOST_LINES, REJECTED, lines_of
from mimawari.service.api.bodies import NDJSON, Body, Lines, Nothing, decode, parts_of
from mimawari.service.api.operation import NO_PARAMETERS, Answer, Operation, RefusedError
from mimawari.service.api.store import connected
from mimawari.service.intake.endings import EndStatus, Recorded, Report, record_ended
from mimawari.service.intake.models import EndReason

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from typing import TypeAlias

    from mimawari.records.principal import Principal
    from mimawari.service.api.operation import Call, NoParameters

    Read: TypeAlias = "tuple[int, EndedLine | tuple[FieldProblem, ...]]"

Id = Annotated[
    str, Meta(pattern=r"^[^\x00]*$", description="The listing's identifier, percent-encoded.")
]
EndedAt = Annotated[datetime, Meta(tz=True)]
Version = Annotated[int, Meta(ge=0, le=2**53)]
KNOWN_WRONG = {404: "Unknown listing", 507: "The disk is full; nothing was kept"}


class EndedAddress(msgspec.Struct, frozen=True):
    """Which listing ended."""

    id: Id


class EndedReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why and when a listing ended; now, and its newest version, where these are left out."""

    reason: Reason
    ended_at: EndedAt | None = None
    version: Version | None = None


class EndedLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One listing of many that ended."""

    id: Annotated[str, Meta(pattern=r"^[^\x00]*$")]
    reason: Reason
    ended_at: EndedAt | None = None
    version: Version | None = None


class Ended(msgspec.Struct, frozen=True):
    """What stands of the listing's end: the first report, whatever later ones say."""

    listing_id: str
    version: int
    status: EndStatus
    reason: Reason | None
    ended_at: datetime | None


class EndedAnswer(msgspec.Struct):
    """What became of one line (counted from 1): ended, already_ended, stale or rejected."""

    line: int
    status: str
    listing_id: str | None = None
    version: int | None = None
    problems: list[Problem] = []


EXAMPLE_TIME = datetime.fromisoformat("2026-11-02T12:00:00Z")


@Operation(
    method="POST",
    path="/api/v1/listings/{id}/ended",
    id="endListing",
    tag=tags.LISTINGS,
    summary="Say that a listing is no longer offered; its open alerts are closed.",
    permission=Permission.SUBMIT,
    parameters=EndedAddress("1002"),
    body=Body(EndedReport, EndedReport("sold", EXAMPLE_TIME)),
    answers=(
        Answer(200, "What stands", Ended,
               Ended("1002", 1, EndStatus.ENDED, "sold", EXAMPLE_TIME)),
    ),
    refusals=KNOWN_WRONG,
)  # fmt: skip
def end(call: Call[EndedAddress, EndedReport]) -> Ended:
    """Record that a listing ended; saying it twice is harmless."""
    listing_id, ended = call.parameters.id, call.body
    report = Report(listing_id, EndReason(ended.reason), ended.ended_at, ended.version)
    (recorded,) = record_ended([report], call.holder.principal)
    if isinstance(recorded, Recorded):
        return _ended(listing_id, recorded)
    if recorded[0].field == "ended_at":
        raise InvalidInputError(*recorded)
    raise RefusedError(404, recorded[0])


def _ended(listing_id: str, recorded: Recorded) -> Ended:
    reason = None if recorded.reason is None else msgspec.convert(recorded.reason.value, Reason)
    return Ended(listing_id, recorded.version, recorded.status, reason, recorded.ended_at)


@Operation(
    method="POST",
    path="/api/v1/listings:ended",
    id="endListings",
    tag=tags.LISTINGS,
    summary="Say of many listings, line by line, that they are no longer offered.",
    permission=Permission.SUBMIT,
    parameters=NO_PARAMETERS,
    body=Lines(
        Nothing,
        Nothing(),
        EndedLine,
        (EndedLine("1002", "sold"), EndedLine("unheard of", "withdrawn")),
    ),
    answers=(
        Answer(
            200,
            "An answer a line",
            EndedAnswer,
            (
                EndedAnswer(1, "already_ended", "1002", 1),
                EndedAnswer(
                    2,
                    REJECTED,
                    "unheard of",
                    problems=[
                        Problem(
                            "id", "'unheard of' is unknown", "check it, or send the listing first"
                        )
                    ],
                ),
            ),
            NDJSON,
        ),
    ),
    refusals={
        408: "The body does not come",
        413: "The body is over the limit; send what was not answered again, in smaller requests",
        429: "Too many batches are written; see Retry-After",
        507: "The disk is full; nothing more was kept",
    },
)
async def end_many(call: Call[NoParameters, Nothing]) -> Response:
    """Record what ended line by line (NDJSON); sending a line twice is harmless."""
    answers: list[bytes] = []
    async with call.edge.budget.batch():
        async for group in _groups(lines_of(parts_of(call.request, MOST_BATCH))):
            answers.append(await run_in_threadpool(_record, group, call.holder.principal))
    return Response(b"".join(answers), media_type=NDJSON)


async def _groups(lines: AsyncIterator[bytes | None]) -> AsyncIterator[list[Read]]:
    """Read lines, and give as many as one transaction takes."""
    group: list[Read] = []
    number = 0
    async for line in lines:
        number += 1
        # One answer says it for all that follow: they are read, and neither kept nor answered.
        if number > MOST_LINES + 1 or (line is not None and not line.strip()):
            continue
        group.append((number, _read(number, line)))
        if len(group) >= GROUP:
            yield group
            group = []
    if group:
        yield group


def _read(number: int, line: bytes | None) -> EndedLine | tuple[FieldProblem, ...]:
    if number > MOST_LINES:
        remedy = "send it and all after it in another request"
        return (FieldProblem("line", f"is past line {MOST_LINES:,}", remedy),)
    if line is None:
        remedy = f"send at most {MOST_LINE:,} bytes"
        return (FieldProblem("line", f"is over {MOST_LINE:,} bytes", remedy),)
    try:
        return decode(line, EndedLine)
    except InvalidInputError as error:
        return error.problems


def _record(group: Sequence[Read], principal: Principal) -> bytes:
    """Record what a group says, and answer each of its lines."""
    good = [(number, line) for number, line in group if isinstance(line, EndedLine)]
    reports = [
        Report(line.id, EndReason(line.reason), line.ended_at, line.version) for _, line in good
    ]
    with connected():
        recorded = record_ended(reports, principal) if reports else []
    outcomes = {number: outcome for (number, _), outcome in zip(good, recorded, strict=True)}
    answers = [_answer(number, line, outcomes.get(number, ())) for number, line in group]
    return b"".join(msgspec.json.encode(answer) + b"\n" for answer in answers)


def _answer(
    number: int,
    line: EndedLine | tuple[FieldProblem, ...],
    outcome: Recorded | tuple[FieldProblem, ...],
) -> EndedAnswer:
    if not isinstance(line, EndedLine):
        return EndedAnswer(number, REJECTED, problems=plain(line))
    if isinstance(outcome, Recorded):
        return EndedAnswer(number, outcome.status, line.id, outcome.version)
    return EndedAnswer(number, REJECTED, line.id, problems=plain(outcome))


ENDPOINTS = (end, end_many)
