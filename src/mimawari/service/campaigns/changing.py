"""Campaigns are created, changed, paused and ended; every change is a row and an event."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db import connection, transaction

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.accounts.authority import authority_of, require
from mimawari.service.accounts.permissions import Permission
from mimawari.service.audit.record import record
from mimawari.service.campaigns.event_kinds import (
    CAMPAIGN,
    CAMPAIGN_CHANGE,
    campaign_details,
    change_details,
)
from mimawari.service.campaigns.given import plan_of
from mimawari.service.campaigns.models import (
    Campaign,
    CampaignChange,
    CampaignState,
    EndedFor,
    standing,
)
from mimawari.service.campaigns.plan import Plan, check
from mimawari.service.platform import clock
from mimawari.service.releases.activating import manifest_in_force, require_topic
from mimawari.service.search.query import Query, wanted_by

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mimawari.records.principal import Principal

MOST_SHARE = 0.3
"""Of a topic's capacity that its campaigns may take together; more goes beyond it."""
MOST_NAME = 100


def inside(capacity: int) -> int:
    """Give how many reviews a day all campaigns of a topic may take within its capacity.

    Examples
    --------
    >>> inside(100), inside(2), inside(0)
    (30, 0, 0)
    """
    return int(capacity * MOST_SHARE)


def create(topic: str, name: str, plan: Plan, actor: Principal, reason: str) -> CampaignChange:
    """Create a campaign, which runs from now on.

    Raises
    ------
    ForbiddenError
        The principal may not.
    InvalidInputError
        The topic is not in force, the plan cannot be carried out, or with what other campaigns of
        the topic take it would take more of the capacity than they may.
    """
    require(actor, Permission.CAMPAIGNS, topic)
    capacity = require_topic(manifest_in_force(), topic).capacity
    name = name.strip()
    if not 0 < len(name) <= MOST_NAME:
        problem, remedy = f"has {len(name)} characters", f"use 1 to {MOST_NAME}"
        raise InvalidInputError(FieldProblem("name", problem, remedy))
    _refuse(topic, None, plan, capacity, actor)
    now = clock.database_now()
    with transaction.atomic():
        campaign = Campaign.objects.create(topic=topic, name=name, created_at=now)
        record(CAMPAIGN, campaign.pk, actor, campaign_details(campaign), reason)
        return _write(campaign, CampaignState.RUNNING, plan, actor, reason)


def change(
    number: int,
    actor: Principal,
    reason: str,
    *,
    given: Mapping[str, object] | None = None,
    state: CampaignState | None = None,
) -> CampaignChange:
    """Change the plan of a campaign, pause it, let it go on, or end it by hand.

    What it asked for stays; an ended campaign stays ended.

    Parameters
    ----------
    given
        What is to be different in the plan; None where the plan stays.

    Raises
    ------
    ForbiddenError
        The principal may not.
    InvalidInputError
        There is none that goes on, no reason is given, or the plan cannot be carried out.
    """
    if not reason.strip():
        problem, remedy = "is empty", "say why; the ledger keeps it"
        raise InvalidInputError(FieldProblem("reason", problem, remedy))
    with transaction.atomic():
        campaign, now = locked(number)
        if campaign is None or now is None or now.state == CampaignState.ENDED:
            problem, remedy = f"{number} is none that goes on", "see 'mimawari campaigns list'"
            raise InvalidInputError(FieldProblem("campaign", problem, remedy))
        require(actor, Permission.CAMPAIGNS, campaign.topic)
        plan = now.planned
        if given is not None:
            plan = plan_of(given, plan)
            capacity = require_topic(manifest_in_force(), campaign.topic).capacity
            _refuse(campaign.topic, number, plan, capacity, actor)
        ended = EndedFor.HAND.value if state == CampaignState.ENDED else ""
        return _write(campaign, state or CampaignState(now.state), plan, actor, reason, ended)


def locked(number: int) -> tuple[Campaign | None, CampaignChange | None]:
    """Hold a campaign until the transaction ends, and give how it stands."""
    rows = Campaign.objects.filter(pk=number)
    if connection.features.has_select_for_update:
        rows = rows.select_for_update(no_key=True)
    campaign = rows.first()
    return campaign, None if campaign is None else standing([number]).get(number)


def end(campaign: Campaign, plan: Plan, ended_for: str, actor: Principal) -> CampaignChange:
    """End a campaign that is locked, for what its plan says."""
    return _write(campaign, CampaignState.ENDED, plan, actor, "", ended_for)


def _write(
    campaign: Campaign,
    state: CampaignState,
    plan: Plan,
    actor: Principal,
    reason: str,
    ended_for: str = "",
) -> CampaignChange:
    row = CampaignChange.objects.create(
        campaign=campaign,
        place=CampaignChange.objects.filter(campaign=campaign).count() + 1,
        state=state.value,
        ended_for=ended_for,
        plan=msgspec.json.encode(plan).decode(),
        actor=actor.name,
        reason=reason.strip(),
        at=clock.database_now(),
    )
    record(CAMPAIGN_CHANGE, row.pk, actor, change_details(row), reason.strip())
    return row


def _refuse(topic: str, number: int | None, plan: Plan, capacity: int, actor: Principal) -> None:
    check(plan, clock.database_now().date())
    if plan.text:
        wanted_by(Query(text=plan.text), authority_of(actor))
    others = sum(
        campaign.planned.budget - campaign.planned.beyond
        for campaign in running(topic)
        if campaign.campaign_id != number
    )
    free = max(0, inside(capacity) - others)
    within = plan.budget - plan.beyond
    if within > free:
        problem = (
            f"takes {within} of the {capacity} reviews a day of {topic}; "
            f"{free} are free for campaigns"
        )
        remedy = f"let {within - free} or more go beyond the capacity (beyond)"
        raise InvalidInputError(FieldProblem("budget", problem, remedy))


def running(topic: str | None = None) -> list[CampaignChange]:
    """Give the campaigns that run, oldest first; of all topics where none is named."""
    return [row for row in going_on(topic) if row.state == CampaignState.RUNNING]


def going_on(topic: str | None = None) -> list[CampaignChange]:
    """Give the campaigns that run or are paused, oldest first."""
    campaigns = Campaign.objects.all() if topic is None else Campaign.objects.filter(topic=topic)
    ended = CampaignChange.objects.filter(state=CampaignState.ENDED.value).values("campaign")
    numbers = list(campaigns.exclude(pk__in=ended).values_list("pk", flat=True))
    known = standing(numbers)
    return [known[number] for number in sorted(known)]
