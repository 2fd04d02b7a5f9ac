"""Rescans on record: who had which live listings scored again, why, and how far it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db import transaction

from mimawari.alerts.floors import LEAST_SCORE
from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.accounts.authority import require
from mimawari.service.accounts.permissions import Permission
from mimawari.service.audit.record import record
from mimawari.service.intake.models import ListingVersion, State
from mimawari.service.platform import clock
from mimawari.service.releases import generations
from mimawari.service.scoring.event_kinds import RESCAN, RESCAN_ENDED, RescanDetails, RescanEnd
from mimawari.service.scoring.models import FindingState, Rescan, RescanState, Rescore

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from mimawari.records.manifest import TopicEntry
    from mimawari.records.principal import Principal
    from mimawari.service.releases.models import Generation

SHARE = 0.2
"""Of a day's capacity, what a rescan may take at most."""
DAYS = 7
"""How many days of that share are kept of what is found, where nothing else is said."""
MOST = 5_000
UNFINISHED = (RescanState.SCORING, RescanState.OPENING)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a rescan may cost.

    Parameters
    ----------
    share
        Of the topic's capacity, what it may take on a day.
    least
        The lowest score that counts as found.
    most
        How many of what is found are kept, the highest; a week of the share where it is None.
    """

    share: float = SHARE
    least: float = LEAST_SCORE
    most: int | None = None


def daily(entry: TopicEntry, share: float) -> int:
    """Give how many alerts a day a rescan may open: at least one.

    Examples
    --------
    >>> from mimawari.records.manifest import TopicEntry
    >>> [daily(TopicEntry(topic_file=1, sha256="", capacity=k), 0.2) for k in (50, 3)]
    [10, 1]
    """
    return max(1, int(entry.capacity * share))


def live_listings(upto: int | None = None) -> QuerySet[ListingVersion]:
    """Give the versions that are offered now and were scored: not edited, ended or erased since."""
    rows = ListingVersion.objects.filter(state=State.SCORED, ending=None)
    return rows if upto is None else rows.filter(pk__lte=upto)


def planned(topic: str, plan: Plan) -> Rescan:
    """Give a rescan of what is live now, not saved: as it would begin.

    Raises
    ------
    InvalidInputError
        The topic is not in force or on trial, or the plan makes no sense.
    """
    generation, entry = _in_force(topic)
    _check(plan)
    upto = ListingVersion.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    return Rescan(
        topic=topic,
        generation=generation,
        share=plan.share,
        least=plan.least,
        most=plan.most or min(MOST, DAYS * daily(entry, plan.share)),
        upto=upto,
        total=live_listings(upto).count(),
        started_at=clock.database_now(),
    )


def begin(topic: str, plan: Plan, actor: Principal, reason: str) -> tuple[Rescan, bool]:
    """Begin a rescan, or give the one that was interrupted; the second says whether it is new.

    Raises
    ------
    InvalidInputError
        As of `planned`; no reason is given; or what an earlier one found still waits.
    ForbiddenError
        The actor may not change what is looked for in the topic.
    """
    require(actor, Permission.POLICY, topic)
    earlier = Rescan.objects.filter(topic=topic, state__in=UNFINISHED).first()
    if earlier is not None and earlier.state == RescanState.OPENING:
        problem = f"still puts what rescan {earlier.pk} found before moderators"
        remedy = f"wait, or end it: mimawari rescan stop {earlier.pk}"
        raise InvalidInputError(FieldProblem("topic", problem, remedy))
    if earlier is not None:
        return earlier, False
    if not reason.strip():
        raise InvalidInputError(FieldProblem("reason", "is empty", "say why; the ledger keeps it"))
    rescan = planned(topic, plan)
    with transaction.atomic():
        rescan.save(force_insert=True)
        details = RescanDetails(
            topic, rescan.generation_id, rescan.total, rescan.least, rescan.most, rescan.share
        )
        record(RESCAN, rescan.pk, actor, details, reason.strip())
    return rescan, True


def stop(number: int, actor: Principal, reason: str) -> Rescan:
    """End a rescan: nothing more is scored or opened; what was opened stays. Twice is harmless.

    Raises
    ------
    InvalidInputError
        There is none of this number, or no reason is given.
    """
    if not reason.strip():
        raise InvalidInputError(FieldProblem("reason", "is empty", "say why; the ledger keeps it"))
    with transaction.atomic():
        rescan = Rescan.objects.select_for_update().filter(pk=number).first()
        if rescan is None:
            remedy = "see 'mimawari rescan list'"
            raise InvalidInputError(FieldProblem("number", f"{number} is no rescan", remedy))
        require(actor, Permission.POLICY, rescan.topic)
        if rescan.state in UNFINISHED:
            end(rescan, RescanState.STOPPED, actor, reason.strip())
    return rescan


def end(rescan: Rescan, state: RescanState, actor: Principal, reason: str = "") -> None:
    """Close a rescan, within the caller's transaction that holds its row."""
    rescan.state, rescan.ended_at = state, clock.database_now()
    rescan.save(update_fields=("state", "ended_at"))
    opened = Rescore.objects.filter(rescan=rescan, state=FindingState.OPENED).count()
    stopped = state == RescanState.STOPPED
    details = RescanEnd(rescan.topic, rescan.scored, rescan.found, opened, stopped)
    record(RESCAN_ENDED, rescan.pk, actor, details, reason)


def _in_force(topic: str) -> tuple[Generation, TopicEntry]:
    newest = generations.current()
    topics = newest.manifest.topics if newest else {}
    if newest is None or topic not in topics:
        known = ", ".join(sorted(topics)) or "none"
        problem = f"{topic[:40]!r} is not in force"
        raise InvalidInputError(FieldProblem("topic", problem, f"in force: {known}"))
    if topics[topic].trial:
        problem = f"{topic} is on trial, whose rounds make its lists"
        remedy = f"wait for its end, or stop it: mimawari experiment stop {topics[topic].trial}"
        raise InvalidInputError(FieldProblem("topic", problem, remedy))
    return newest, topics[topic]


def _check(plan: Plan) -> None:
    problems = []
    if not 0 < plan.share <= 1:
        problems.append(FieldProblem("share", f"is {plan.share}", "give more than 0, at most 1"))
    if not LEAST_SCORE <= plan.least <= 1:
        remedy = f"give {LEAST_SCORE} to 1"
        problems.append(FieldProblem("least", f"is {plan.least}", remedy))
    if plan.most is not None and not 1 <= plan.most <= MOST:
        problems.append(FieldProblem("most", f"is {plan.most:,}", f"give 1 to {MOST:,}"))
    if problems:
        raise InvalidInputError(*problems)
