"""Campaigns through the API: listed, created, edited, paused, resumed and ended."""

from __future__ import annotations

import math
from datetime import date  # read by msgspec when the types are used
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import Meta

from mimawari.errors import FieldProblem
from mimawari.service.accounts.permissions import Permission
from mimawari.service.api import tags
from mimawari.service.api.bodies import NO_BODY, Body, Nothing
from mimawari.service.api.examples import campaigns as examples
from mimawari.service.api.examples.campaigns import (
    CampaignOutcome,
    CampaignPlan,
    CampaignRow,
    CampaignRows,
    CampaignSource,
    CampaignYield,
)
from mimawari.service.api.operation import (
    NO_PARAMETERS,
    Answer,
    Call,
    NoParameters,
    Operation,
    RefusedError,
)
from mimawari.service.campaigns import changing
from mimawari.service.campaigns.models import CampaignState, standing
from mimawari.service.campaigns.plan import Plan, Source
from mimawari.service.campaigns.progress import progress_of
from mimawari.service.campaigns.reading import MOST, campaigns, result_of

if TYPE_CHECKING:
    from mimawari.service.accounts.permissions import Authority
    from mimawari.service.campaigns.models import CampaignChange, CampaignResult
    from mimawari.service.campaigns.progress import Progress

GREATEST = 2**63 - 1
SHORT = Meta(pattern=r"^[^\x00]*$", max_length=200)
LISTED: tuple[Literal["uncertain"], Literal["random"]] = ("uncertain", "random")
UNKNOWN = {404: "No such campaign, or the key has nothing to do with its topic"}


class CampaignsQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which to list."""

    before: Annotated[
        int, Meta(ge=1, le=GREATEST, description="Only those with a lower number.")
    ] = GREATEST
    limit: Annotated[int, Meta(ge=1, le=MOST, description="At most so many.")] = 50


class CampaignAddress(msgspec.Struct, frozen=True):
    """Which campaign."""

    number: Annotated[int, Meta(ge=1, le=GREATEST, description="Its number.")]


class NewCampaign(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A campaign that runs from now on; the goal is a number of labels or of violations."""

    topic: Annotated[str, Meta(pattern=r"^[a-z0-9_]{1,40}$")]
    name: Annotated[str, Meta(pattern=r"^[^\x00]*$", min_length=1, max_length=100)]
    sources: Annotated[
        list[Literal["uncertain", "models", "shadows", "near_violations", "moderators", "random"]],
        Meta(min_length=1, max_length=6),
    ]
    until: date
    budget: Annotated[int, Meta(ge=1, le=10_000)]
    beyond: Annotated[int, Meta(ge=0, le=10_000)] = 0
    labels: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    violations: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    text: Annotated[str, SHORT] = ""
    language: Annotated[str, SHORT] = ""
    category: Annotated[str, SHORT] = ""
    days: Annotated[int, Meta(ge=1, le=365)] = 30
    least_yield: Annotated[float, Meta(ge=0, lt=1)] = 0.0
    error: Annotated[float, Meta(gt=0, lt=1)] = 0.05
    retrain: bool = False
    reason: Annotated[str, Meta(pattern=r"^[^\x00]*$", max_length=2_000)] = ""


class EditCampaign(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be different in a campaign's plan; what is left out stays."""

    reason: Annotated[str, Meta(pattern=r"^[^\x00]*$", min_length=1, max_length=2_000)]
    sources: (
        Annotated[
            list[
                Literal["uncertain", "models", "shadows", "near_violations", "moderators", "random"]
            ],
            Meta(min_length=1, max_length=6),
        ]
        | None
    ) = None
    until: date | None = None
    budget: Annotated[int, Meta(ge=1, le=10_000)] | None = None
    beyond: Annotated[int, Meta(ge=0, le=10_000)] | None = None
    labels: Annotated[int, Meta(ge=0, le=1_000_000)] | None = None
    violations: Annotated[int, Meta(ge=0, le=1_000_000)] | None = None
    text: Annotated[str, SHORT] | None = None
    language: Annotated[str, SHORT] | None = None
    category: Annotated[str, SHORT] | None = None
    days: Annotated[int, Meta(ge=1, le=365)] | None = None
    least_yield: Annotated[float, Meta(ge=0, lt=1)] | None = None
    error: Annotated[float, Meta(gt=0, lt=1)] | None = None
    retrain: bool | None = None


class ChangeCampaign(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a campaign is paused, resumed or ended."""

    reason: Annotated[str, Meta(pattern=r"^[^\x00]*$", min_length=1, max_length=2_000)]


@Operation(
    method="GET",
    path="/api/v1/campaigns",
    id="listCampaigns",
    tag=tags.QUALITY,
    summary="Campaigns for labels, the newest first, with what each has come to.",
    permission=Permission.QUALITY,
    parameters=CampaignsQuery(GREATEST, 50),
    body=NO_BODY,
    answers=(Answer(200, "The campaigns", CampaignRows, examples.LIST),),
)
def list_campaigns(call: Call[CampaignsQuery, Nothing]) -> CampaignRows:
    """List campaigns of topics that the key has to do with."""
    asked = call.parameters
    known = campaigns(call.holder.authority, asked.limit, asked.before)
    progress = progress_of([change.campaign_id for change in known])
    return CampaignRows([_row(change, progress[change.campaign_id]) for change in known])


@Operation(
    method="GET",
    path="/api/v1/campaigns/{number}",
    id="getCampaign",
    tag=tags.QUALITY,
    summary="A campaign: its plan, its progress, its yield, and what it ended with.",
    permission=Permission.QUALITY,
    parameters=CampaignAddress(3),
    body=NO_BODY,
    answers=(Answer(200, "The campaign", CampaignRow, examples.ROW),),
    refusals=UNKNOWN,
)
def get_campaign(call: Call[CampaignAddress, Nothing]) -> CampaignRow:
    """Give a campaign."""
    change = _known(call.parameters.number, call.holder.authority)
    number = change.campaign_id
    return _row(change, progress_of([number])[number], result_of(number))


@Operation(
    method="POST",
    path="/api/v1/campaigns",
    id="createCampaign",
    tag=tags.QUALITY,
    summary="Ask moderators about what you look for, so many a day, until a goal or a date.",
    permission=Permission.CAMPAIGNS,
    parameters=NO_PARAMETERS,
    body=Body(
        NewCampaign,
        NewCampaign(
            topic="weapons", name="knives in Japanese", sources=[*LISTED],
            until=date(2099, 12, 31), budget=20, beyond=20, labels=500, language="ja",
        ),
    ),
    answers=(Answer(201, "It runs", CampaignRow, examples.ROW),),
)  # fmt: skip
def create_campaign(call: Call[NoParameters, NewCampaign]) -> CampaignRow:
    """Create a campaign."""
    new = call.body
    values = msgspec.structs.asdict(new)
    topic, name, reason = (values.pop(field) for field in ("topic", "name", "reason"))
    plan = Plan(**{**values, "sources": tuple(Source(source) for source in new.sources)})
    change = changing.create(topic, name, plan, call.holder.principal, reason)
    return _row(change, progress_of([change.campaign_id])[change.campaign_id])


def _changed(call: Call[CampaignAddress, ChangeCampaign], state: CampaignState) -> CampaignRow:
    number = _known(call.parameters.number, call.holder.authority).campaign_id
    change = changing.change(number, call.holder.principal, call.body.reason, state=state)
    return _row(change, progress_of([number])[number])


def _operation(word: str, name: str, summary: str) -> Operation[CampaignAddress, ChangeCampaign]:
    return Operation(
        method="POST",
        path=f"/api/v1/campaigns/{{number}}:{word}",
        id=name,
        tag=tags.QUALITY,
        summary=summary,
        permission=Permission.CAMPAIGNS,
        parameters=CampaignAddress(3),
        body=Body(ChangeCampaign, ChangeCampaign("the moderators are on holiday")),
        answers=(Answer(200, "How it stands", CampaignRow, examples.ROW),),
        refusals=UNKNOWN,
    )


@Operation(
    method="POST",
    path="/api/v1/campaigns/{number}:edit",
    id="editCampaign",
    tag=tags.QUALITY,
    summary="Change the plan of a campaign that goes on; what it asked for stays.",
    permission=Permission.CAMPAIGNS,
    parameters=CampaignAddress(3),
    body=Body(EditCampaign, EditCampaign(budget=5, beyond=5, reason="fewer moderators")),
    answers=(Answer(200, "How it stands", CampaignRow, examples.ROW),),
    refusals=UNKNOWN,
)
def edit_campaign(call: Call[CampaignAddress, EditCampaign]) -> CampaignRow:
    """Change the plan of a campaign."""
    values = msgspec.structs.asdict(call.body)
    reason = values.pop("reason")
    given = {name: value for name, value in values.items() if value is not None}
    number = _known(call.parameters.number, call.holder.authority).campaign_id
    change = changing.change(number, call.holder.principal, reason, given=given)
    return _row(change, progress_of([number])[number])


@_operation("pause", "pauseCampaign", "Ask for nothing more; what waits goes on waiting.")
def pause_campaign(call: Call[CampaignAddress, ChangeCampaign]) -> CampaignRow:
    """Pause a campaign."""
    return _changed(call, CampaignState.PAUSED)


@_operation("resume", "resumeCampaign", "Go on with a campaign that is paused.")
def resume_campaign(call: Call[CampaignAddress, ChangeCampaign]) -> CampaignRow:
    """Resume a campaign."""
    return _changed(call, CampaignState.RUNNING)


@_operation("end", "endCampaign", "End a campaign: what waits is withdrawn, a data set is made.")
def end_campaign(call: Call[CampaignAddress, ChangeCampaign]) -> CampaignRow:
    """End a campaign."""
    return _changed(call, CampaignState.ENDED)


def _known(number: int, authority: Authority) -> CampaignChange:
    change = standing([number]).get(number)
    if change is None or not authority.concerns(change.campaign.topic):
        problem = FieldProblem("campaign", f"{number} is not there", "see the list")
        raise RefusedError(404, problem)
    return change


def _row(
    change: CampaignChange, progress: Progress, result: CampaignResult | None = None
) -> CampaignRow:
    plan, gathered = change.planned, progress.gathered
    share = gathered.share
    outcome = None
    if result is not None:
        outcome = CampaignOutcome(result.data_set, result.problem, result.retraining)
    return CampaignRow(
        number=change.campaign_id,
        topic=change.campaign.topic,
        name=change.campaign.name,
        state=str(change.state),
        ended_for=str(change.ended_for),
        changed_at=change.at,
        changed_by=change.actor,
        plan=CampaignPlan(
            **{**msgspec.structs.asdict(plan), "sources": [str(source) for source in plan.sources]}
        ),
        asked=progress.asked,
        waiting=progress.waiting,
        unsure=progress.unsure,
        gone=progress.gone,
        gathered=CampaignYield(
            gathered.labels,
            gathered.violations,
            None if math.isnan(share.value) else share.value,
            share.low,
            share.high,
        ),
        sources=[
            CampaignSource(source.source, source.asked, source.labels, source.violations)
            for source in progress.sources
        ],
        outcome=outcome,
    )


# The longer paths first.
ENDPOINTS = (
    list_campaigns,
    create_campaign,
    edit_campaign,
    pause_campaign,
    resume_campaign,
    end_campaign,
    get_campaign,
)
