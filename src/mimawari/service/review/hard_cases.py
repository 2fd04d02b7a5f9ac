"""A listing becomes an edge case with the verdict that stands, or one that somebody gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.records.label import Terms, Verdict, label_of
from mimawari.service.edge_cases.bank import NewCase, keep
from mimawari.service.intake.models import ListingVersion, State
from mimawari.service.platform import clock
from mimawari.service.releases.generations import current
from mimawari.service.releases.in_force import confirmed_topics
from mimawari.service.review.judgements import by_case
from mimawari.service.review.models import Decision

if TYPE_CHECKING:
    from mimawari.records.principal import Principal
    from mimawari.service.edge_cases.models import EdgeCase

VERDICTS = {1: Verdict.VIOLATES, 0: Verdict.DOES_NOT_VIOLATE}


def add(
    listing_id: str,
    topic: str,
    why: str,
    actor: Principal,
    reason: str,
    verdict: str = "",
    version: int | None = None,
) -> EdgeCase:
    """Keep a listing in the bank of a topic.

    Parameters
    ----------
    verdict
        Where moderators' decisions make none, one that somebody gives; it may not differ from
        theirs.
    version
        The newest one that was not erased by default.

    Raises
    ------
    ForbiddenError
        The principal may not.
    InvalidInputError
        The listing is not there, nobody knows its verdict, or another one stands.
    """
    generation = current()
    known = sorted(generation.manifest.topics) if generation else []
    if topic not in known:
        problem = f"{topic!r} is not in force"
        raise InvalidInputError(FieldProblem("topic", problem, f"use {', '.join(known)}"))
    number = _version(listing_id, version)
    stands = standing_verdict(number, topic)
    if not stands and not verdict:
        problem = f"no decision on {listing_id!r} stands for {topic}"
        raise InvalidInputError(FieldProblem("verdict", problem, "decide it, or give the verdict"))
    if stands and verdict not in ("", stands):
        problem = f"is {verdict!r}, but {stands} stands"
        raise InvalidInputError(FieldProblem("verdict", problem, "leave it out"))
    return keep(NewCase(number, topic, stands or verdict, why, reason), actor)


def _version(listing_id: str, version: int | None) -> int:
    rows = ListingVersion.objects.filter(listing_id=listing_id).exclude(state=State.ERASED)
    if version is not None:
        rows = rows.filter(version=version)
    number = rows.order_by("-version").values_list("pk", flat=True).first()
    if number is None:
        which = repr(listing_id) if version is None else f"version {version} of {listing_id!r}"
        problem = f"{which} is not in the log, or was erased"
        raise InvalidInputError(FieldProblem("listing", problem, "send it to the intake first"))
    return number


def standing_verdict(listing_version: int, topic: str) -> str:
    """Give the verdict that decisions on a listing version make for a topic; empty for none."""
    now = clock.database_now()
    rows = Decision.objects.filter(alert__listing_version=listing_version, alert__topic=topic)
    for case in by_case(rows, now, few=True):
        label = label_of(case, now, Terms(topic in confirmed_topics(now)))
        if label is not None:
            return VERDICTS[label.value].value
    return ""
