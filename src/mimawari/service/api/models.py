"""Models on their way to production: what there is, what is open, releases and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import Meta

from mimawari.errors import FieldProblem
from mimawari.evaluation.gates import Stage
from mimawari.service.accounts.permissions import Permission
from mimawari.service.api import tags
from mimawari.service.api.bodies import NO_BODY, Body, Nothing
from mimawari.service.api.examples import models as examples
from mimawari.service.api.examples.models import (
    EnteredStage,
    GateSays,
    GuardStanding,
    KnownFigure,
    ModelDetails,
    ModelGuard,
    ModelReleased,
    ModelRow,
    ModelRows,
    StageGates,
)
from mimawari.service.api.operation import Answer, Call, Operation, RefusedError
from mimawari.service.catalogue.models import ModelVersion
from mimawari.service.catalogue.parts import using
from mimawari.service.guards.reading import guards_of
from mimawari.service.releases import gates
from mimawari.service.releases.generations import topics_in_force
from mimawari.service.releases.going_back import roll_back
from mimawari.service.releases.models import Release, ReleaseRequest
from mimawari.service.releases.stages import Wish, enter

if TYPE_CHECKING:
    from mimawari.evaluation.gates import Finding
    from mimawari.records.manifest import TopicEntry
    from mimawari.service.accounts.permissions import Authority
    from mimawari.service.guards.reading import GuardView

VERSION = r"^[a-z0-9_]{1,40}-[0-9a-f]{12}$"
TEXT = Meta(pattern=r"^[^\x00]*$", min_length=1, max_length=2_000)
UNKNOWN = {404: "No such model is registered, or the key has nothing to do with it"}
MOST, MOST_ENTERED = 200, 100
OFFERED = (Stage.SHADOW, Stage.CANARY, Stage.CHAMPION)


class ModelsQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which to list."""

    topic: Annotated[str, Meta(pattern=r"^[a-z0-9_]{0,40}$", description="Of one topic.")] = ""
    before: Annotated[
        str,
        Meta(pattern=rf"^$|{VERSION}", description="Only older ones than this version."),
    ] = ""
    part: Annotated[
        str,
        Meta(
            pattern=r"^[^\x00]*$",
            max_length=200,
            description="Only those that stand on it: a name, or kind:name as feature:log_price.",
        ),
    ] = ""
    limit: Annotated[int, Meta(ge=1, le=MOST, description="At most so many.")] = 50


class ModelAddress(msgspec.Struct, frozen=True):
    """Which model."""

    version: Annotated[str, Meta(pattern=VERSION, description="A registered model.")]


class RollbackAddress(msgspec.Struct, frozen=True):
    """Which topic."""

    topic: Annotated[str, Meta(pattern=r"^[^\x00]*$", max_length=40, description="A topic.")]


class PromoteModel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which stage a model is to enter, and why."""

    to: Literal["shadow", "canary", "champion"]
    reason: Annotated[str, TEXT]
    share: Annotated[float, Meta(gt=0, lt=1, description="of a canary: part of the sellers")] = 0.05
    override: Annotated[
        str,
        Meta(
            pattern=r"^[^\x00]*$",
            max_length=2_000,
            description="why it may pass gates that do not hold; kept with the key's name",
        ),
    ] = ""


class RollbackTopic(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a topic goes back, and to what."""

    reason: Annotated[str, TEXT]
    to: Annotated[
        str,
        Meta(
            pattern=rf"^$|^rules$|{VERSION}",
            description="a model that served before, or 'rules'; the one before by default",
        ),
    ] = ""


@Operation(
    method="GET",
    path="/api/v1/models",
    id="listModels",
    tag=tags.RELEASES,
    summary="Registered models, the newest first, and what each scores as now.",
    permission=Permission.QUALITY,
    parameters=ModelsQuery("", "", "", 50),
    body=NO_BODY,
    answers=(Answer(200, "The models", ModelRows, examples.ROWS),),
)
def list_models(call: Call[ModelsQuery, Nothing]) -> ModelRows:
    """List models of topics that the key has to do with."""
    asked, authority = call.parameters, call.holder.authority
    rows = ModelVersion.objects.order_by("-created_at", "-pk")
    if authority.topics is not None:
        rows = rows.filter(topic__in=authority.topics)
    if asked.topic:
        rows = rows.filter(topic=asked.topic)
    if asked.part:
        rows = using(asked.part, rows)
    last = ModelVersion.objects.filter(pk=asked.before).first() if asked.before else None
    if last is not None:
        older = rows.filter(created_at__lt=last.created_at)
        rows = older | rows.filter(created_at=last.created_at, pk__lt=last.pk)
    page, entries = list(rows[: asked.limit + 1]), topics_in_force()
    shown = page[: asked.limit]
    more = shown[-1].pk if len(page) > asked.limit else None
    return ModelRows([_row(stored, entries) for stored in shown], more)


@Operation(
    method="GET",
    path="/api/v1/models/{version}",
    id="getModel",
    tag=tags.RELEASES,
    summary="A model: its lineage, figures, the stages it entered and what closes the next ones.",
    permission=Permission.QUALITY,
    parameters=ModelAddress("weapons-0123456789ab"),
    body=NO_BODY,
    answers=(Answer(200, "The model", ModelDetails, examples.DETAILS),),
    refusals=UNKNOWN,
)
def get_model(call: Call[ModelAddress, Nothing]) -> ModelDetails:
    """Give everything about a model."""
    stored, entries = _known(call.holder.authority, call.parameters.version), topics_in_force()
    entry = entries.get(stored.topic)
    standing = gates.standing(stored.pk, stored.topic, entry.champion if entry else None)
    in_force = gates.gates_in_force()
    by_stage = {stage: gates.findings(in_force, standing, stage) for stage in OFFERED}
    entered = Release.objects.filter(model=stored.pk).order_by("-pk")[:MOST_ENTERED]
    return ModelDetails(
        model=_row(stored, entries),
        fingerprint=stored.fingerprint,
        lineage=stored.lineage,
        entered=[_entered(row) for row in entered],
        figures=[KnownFigure(known.at, known.figure) for known in standing.figures.values()],
        gates=[
            StageGates(stage.value, all(f.passed for f in findings), list(map(_says, findings)))
            for stage, findings in by_stage.items()
        ],
        guards=[_guard(view) for view in guards_of(stored.pk)],
    )


@Operation(
    method="POST",
    path="/api/v1/models/{version}:promote",
    id="promoteModel",
    tag=tags.RELEASES,
    summary="Let a model enter a stage where its gates hold, or past them by the key's name.",
    permission=Permission.MODELS,
    parameters=ModelAddress("weapons-0123456789ab"),
    body=Body(PromoteModel, PromoteModel(to="shadow", reason="a first look", share=0.05)),
    answers=(Answer(200, "It is there, or asked for", ModelReleased, examples.RELEASED),),
    refusals=UNKNOWN,
)
def promote(call: Call[ModelAddress, PromoteModel]) -> ModelReleased:
    """Let a model enter a stage."""
    stored, body = _known(call.holder.authority, call.parameters.version), call.body
    wish = Wish(
        model=stored.pk,
        stage=Stage(body.to),
        reason=body.reason,
        share=body.share,
        override=body.override,
    )
    entered = enter(wish, call.holder.principal)
    if isinstance(entered, ReleaseRequest):
        return ModelReleased(version=stored.pk, stage=body.to, generation=None, request=entered.pk)
    return ModelReleased(version=stored.pk, stage=body.to, generation=entered.generation_id)


@Operation(
    method="POST",
    path="/api/v1/topics/{topic}:rollback",
    id="rollBackTopic",
    tag=tags.RELEASES,
    summary="Put in force what scored a topic before, at once.",
    permission=Permission.MODELS,
    parameters=RollbackAddress("weapons"),
    body=Body(RollbackTopic, RollbackTopic(reason="alerts doubled")),
    answers=(Answer(200, "It is back", ModelReleased, examples.BACK),),
    refusals={404: "The topic is not in force, or the key has nothing to do with it"},
)
def roll_back_topic(call: Call[RollbackAddress, RollbackTopic]) -> ModelReleased:
    """Go back to what scored a topic before."""
    topic, to = call.parameters.topic, call.body.to
    if not call.holder.authority.concerns(topic) or topic not in topics_in_force():
        raise RefusedError(404, FieldProblem("topic", f"{topic!r} is not in force", "see the list"))
    wanted = {"": None, "rules": ""}.get(to, to)
    release = roll_back(topic, call.holder.principal, call.body.reason, wanted)
    return ModelReleased(
        version=release.model, stage=release.stage, generation=release.generation_id
    )


def _known(authority: Authority, version: str) -> ModelVersion:
    stored = ModelVersion.objects.filter(pk=version).first()
    if stored is None or not authority.concerns(stored.topic):
        raise RefusedError(404, FieldProblem("model", f"{version!r} is not there", "see the list"))
    return stored


def _row(stored: ModelVersion, entries: dict[str, TopicEntry]) -> ModelRow:
    entry = entries.get(stored.topic)
    slots = [d.slot.value for d in entry.deployments if d.model == stored.pk] if entry else []
    return ModelRow(
        version=stored.pk,
        topic=stored.topic,
        kind=stored.kind,
        registered_at=stored.created_at,
        registered_by=stored.actor,
        data_set=stored.data_set,
        slot=slots[0] if slots else "",
    )


def _says(finding: Finding) -> GateSays:
    return GateSays(
        stage=finding.stage,
        gate=finding.gate,
        passed=finding.passed,
        reason=finding.reason,
        statement=finding.statement,
        remedy=finding.remedy,
    )


def _guard(view: GuardView) -> ModelGuard:
    return ModelGuard(
        topic=view.topic,
        slot=view.slot,
        act=view.act,
        since=view.since,
        until=view.until,
        ended_at=view.ended_at,
        looked_at=view.looked_at,
        standings=[
            GuardStanding(guard=s.guard, share=s.share, limit=s.limit, evidence=s.evidence)
            for s in view.standings
        ],
        breach=view.breach,
        breached_at=view.breached_at,
    )


def _entered(row: Release) -> EnteredStage:
    return EnteredStage(
        at=row.at,
        stage=row.stage,
        generation=row.generation_id,
        by=row.actor,
        reason=row.reason,
        override=row.override,
        back=row.back,
    )


# The longer paths first: a version could end with them.
ENDPOINTS = (list_models, promote, get_model, roll_back_topic)
