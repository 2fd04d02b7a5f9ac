"""Edge cases through the API: listed, added, retired."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import Meta

from mimawari.errors import FieldProblem
from mimawari.service.accounts.authority import require
from mimawari.service.accounts.permissions import Permission
from mimawari.service.api import tags
from mimawari.service.api.bodies import NO_BODY, Body, Nothing
from mimawari.service.api.examples import edge_cases as examples
from mimawari.service.api.examples.edge_cases import EdgeCaseEnded, EdgeCaseList, EdgeCaseRow
from mimawari.service.api.operation import (
    NO_PARAMETERS,
    Answer,
    Call,
    NoParameters,
    Operation,
    RefusedError,
)
from mimawari.service.edge_cases import bank
from mimawari.service.edge_cases.models import EdgeCase
from mimawari.service.review import hard_cases

if TYPE_CHECKING:
    from mimawari.service.edge_cases.models import EdgeCaseEnd

GREATEST = 2**63 - 1
MOST = 1_000
TOPIC = r"^[a-z0-9_]{1,40}$"
TEXT = Meta(pattern=r"^[^\x00]*$", max_length=2_000)


class EdgeCasesQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which to list."""

    topic: Annotated[str, Meta(pattern=TOPIC, description="Of one topic.")]
    ended: Annotated[bool, Meta(description="Those that judge no more, too.")] = False
    before: Annotated[
        int, Meta(ge=1, le=GREATEST, description="Only those with a lower number.")
    ] = GREATEST
    limit: Annotated[int, Meta(ge=1, le=MOST, description="At most so many.")] = 100


class NewEdgeCase(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which listing becomes an edge case.

    ``verdict`` is needed where no decision stands; ``version`` is the newest by default.
    """

    listing_id: Annotated[str, Meta(pattern=r"^[^\x00]*$", min_length=1, max_length=200)]
    topic: Annotated[str, Meta(pattern=TOPIC)]
    why: Literal["missed_violation", "false_alarm", "disagreement", "disguise", "reported"]
    reason: Annotated[str, TEXT] = ""
    verdict: Literal["", "violates", "does_not_violate"] = ""
    version: Annotated[int, Meta(ge=1, le=GREATEST)] | None = None


class EdgeCaseAddress(msgspec.Struct, frozen=True):
    """Which edge case."""

    number: Annotated[int, Meta(ge=1, le=GREATEST, description="Its number.")]


class RetireEdgeCase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why it judges no more."""

    reason: Annotated[str, Meta(pattern=r"^[^\x00]*$", min_length=1, max_length=2_000)]


@Operation(
    method="GET",
    path="/api/v1/edge-cases",
    id="listEdgeCases",
    tag=tags.RELEASES,
    summary="Hard listings that every candidate of a topic is tried on, the newest first.",
    permission=Permission.QUALITY,
    parameters=EdgeCasesQuery("weapons", False, GREATEST, 100),
    body=NO_BODY,
    answers=(Answer(200, "The cases", EdgeCaseList, examples.LIST),),
)
def list_edge_cases(call: Call[EdgeCasesQuery, Nothing]) -> EdgeCaseList:
    """List the edge cases of a topic."""
    asked = call.parameters
    require(call.holder.principal, Permission.QUALITY, asked.topic)
    rows = EdgeCase.objects.filter(topic=asked.topic, pk__lt=asked.before)
    rows = rows if asked.ended else rows.filter(end=None)
    shown = rows.select_related("end").order_by("-pk")[: asked.limit]
    return EdgeCaseList([_row(case) for case in shown])


@Operation(
    method="POST",
    path="/api/v1/edge-cases",
    id="addEdgeCase",
    tag=tags.RELEASES,
    summary="Keep a listing as an edge case: it judges candidates, and teaches none.",
    permission=Permission.EDGE_CASES,
    parameters=NO_PARAMETERS,
    body=Body(
        NewEdgeCase,
        NewEdgeCase(listing_id="1001", topic="weapons", why="disguise", verdict="violates"),
    ),
    answers=(Answer(201, "It is kept", EdgeCaseRow, examples.ROW),),
)
def add_edge_case(call: Call[NoParameters, NewEdgeCase]) -> EdgeCaseRow:
    """Keep an edge case."""
    new = call.body
    case = hard_cases.add(
        new.listing_id,
        new.topic,
        new.why,
        call.holder.principal,
        new.reason,
        new.verdict,
        new.version,
    )
    return _row(case)


@Operation(
    method="POST",
    path="/api/v1/edge-cases/{number}:retire",
    id="retireEdgeCase",
    tag=tags.RELEASES,
    summary="Let an edge case judge no more.",
    permission=Permission.EDGE_CASES,
    parameters=EdgeCaseAddress(7),
    body=Body(RetireEdgeCase, RetireEdgeCase("the policy allows it now")),
    answers=(Answer(200, "It judges no more", EdgeCaseRow, examples.ROW),),
    refusals={404: "No such case, or the key has nothing to do with its topic"},
)
def retire_edge_case(call: Call[EdgeCaseAddress, RetireEdgeCase]) -> EdgeCaseRow:
    """Retire an edge case."""
    number, holder = call.parameters.number, call.holder
    case = EdgeCase.objects.filter(pk=number).first()
    if case is None or not holder.authority.concerns(case.topic):
        problem = FieldProblem("edge case", f"{number} is not there", "see the list")
        raise RefusedError(404, problem)
    case = bank.retire(number, holder.principal, call.body.reason).case
    return _row(case)


def _row(case: EdgeCase) -> EdgeCaseRow:
    end: EdgeCaseEnd | None = getattr(case, "end", None)
    return EdgeCaseRow(
        number=case.pk,
        topic=case.topic,
        listing_id=case.listing_id,
        version=case.version,
        title=bank.listing_of(case).title,
        verdict=case.verdict,
        why=str(case.why),
        reason=case.reason,
        added_at=case.added_at,
        added_by=case.actor,
        ended=None if end is None else EdgeCaseEnded(end.at, end.actor, end.reason, end.erased),
    )


ENDPOINTS = (list_edge_cases, add_edge_case, retire_edge_case)
