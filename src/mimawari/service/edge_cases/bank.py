"""Edge cases are kept, found and retired."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db import IntegrityError, transaction

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.records.label import VALUE
from mimawari.service.accounts.authority import require
from mimawari.service.accounts.permissions import Permission
from mimawari.service.audit.record import record
from mimawari.service.edge_cases.event_kinds import (
    EDGE_CASE,
    EDGE_CASE_END,
    case_details,
    case_subject,
    end_details,
)
from mimawari.service.edge_cases.models import EdgeCase, EdgeCaseEnd, Why
from mimawari.service.intake.models import ListingVersion, State
from mimawari.service.intake.scored import scored_listing
from mimawari.service.platform import clock

if TYPE_CHECKING:
    from mimawari.listings.listing import Listing
    from mimawari.records.principal import Principal

MOST_REASON = 2_000


class NewCase(msgspec.Struct, frozen=True):
    """What is to be kept: the number of a listing version, and what stands of it for a topic."""

    listing_version: int
    topic: str
    verdict: str
    why: str
    reason: str


def keep(new: NewCase, actor: Principal) -> EdgeCase:
    """Keep a listing version whole, with its verdict; nobody changes it afterwards.

    Raises
    ------
    ForbiddenError
        The principal may not.
    InvalidInputError
        A word is unknown, the listing was erased, or it is in the bank already.
    """
    require(actor, Permission.EDGE_CASES, new.topic)
    reason = _refuse(new)
    try:
        with transaction.atomic():
            # Held: an erasure that is under way comes first, or finds the case.
            versions = ListingVersion.objects.select_for_update(of=("self",), no_key=True)
            version = versions.select_related("score").get(pk=new.listing_version)
            if version.state == State.ERASED:
                problem = f"{version.listing_id!r} was erased"
                raise InvalidInputError(FieldProblem("listing", problem, "choose another one"))
            row = _row(version, new, reason, actor)
            row.event = record(EDGE_CASE, case_subject(row), actor, case_details(row))
            row.save(force_insert=True)
    except IntegrityError as error:  # somebody else kept it at the same moment
        raise _kept_already(new) from error
    return row


def _row(version: ListingVersion, new: NewCase, reason: str, actor: Principal) -> EdgeCase:
    same = EdgeCase.objects.filter(listing_version=version.pk, topic=new.topic)
    if same.filter(end=None).exists():
        raise _kept_already(new)
    return EdgeCase(
        listing_version=version.pk,
        listing_id=version.listing_id,
        version=version.version,
        seller_id=version.seller_id,
        topic=new.topic,
        place=same.count() + 1,
        payload=version.payload,
        picture_text=version.score.picture_text if hasattr(version, "score") else "",
        verdict=new.verdict,
        why=new.why,
        reason=reason,
        actor=actor.name,
        added_at=clock.database_now(),
    )


def _refuse(new: NewCase) -> str:
    problems = []
    if new.verdict not in VALUE:
        remedy = f"use {' or '.join(VALUE)}"
        problems.append(FieldProblem("verdict", f"{new.verdict[:20]!r} is unknown", remedy))
    if new.why not in Why.values:
        remedy = f"use {', '.join(Why.values)}"
        problems.append(FieldProblem("why", f"{new.why[:20]!r} is unknown", remedy))
    reason = new.reason.strip()
    if len(reason) > MOST_REASON:
        problem = f"has {len(reason):,} characters"
        problems.append(FieldProblem("reason", problem, f"use at most {MOST_REASON:,}"))
    if problems:
        raise InvalidInputError(*problems)
    return reason


def _kept_already(new: NewCase) -> InvalidInputError:
    problem = f"is an edge case of {new.topic} already"
    remedy = f"mimawari edge-cases list {new.topic} shows it; retire it to change it"
    return InvalidInputError(FieldProblem("listing", problem, remedy))


def retire(number: int, actor: Principal, reason: str) -> EdgeCaseEnd:
    """Let an edge case judge no more; it stays in the bank, with who retired it.

    Raises
    ------
    ForbiddenError
        The principal may not.
    InvalidInputError
        No such case stands, or no reason is given.
    """
    with transaction.atomic():
        case = EdgeCase.objects.select_for_update(of=("self",)).filter(pk=number, end=None).first()
        if case is None:
            problem, remedy = f"{number} is none that stands", "see 'mimawari edge-cases list'"
            raise InvalidInputError(FieldProblem("number", problem, remedy))
        require(actor, Permission.EDGE_CASES, case.topic)
        if not reason.strip():
            problem, remedy = "is empty", "say why; the ledger keeps it"
            raise InvalidInputError(FieldProblem("reason", problem, remedy))
        return end(case, actor, reason.strip(), erased=False)


def end(case: EdgeCase, actor: Principal, reason: str, *, erased: bool) -> EdgeCaseEnd:
    """Note that a case judges no more, within the caller's transaction."""
    row = EdgeCaseEnd.objects.create(
        case=case, erased=erased, actor=actor.name, reason=reason, at=clock.database_now()
    )
    record(EDGE_CASE_END, case.pk, actor, end_details(row), reason)
    return row


def standing(topic: str) -> list[EdgeCase]:
    """Give the cases of a topic that judge, oldest first."""
    return list(EdgeCase.objects.filter(topic=topic, end=None).order_by("pk"))


def all_cases(topic: str) -> list[EdgeCase]:
    """Give every case of a topic with its end, newest first."""
    return list(EdgeCase.objects.filter(topic=topic).select_related("end").order_by("-pk"))


def listing_of(case: EdgeCase) -> Listing:
    """Give the listing of a case as it was scored."""
    return scored_listing(case.payload, case.picture_text)
