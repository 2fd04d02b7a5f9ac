"""The paved way of a model: stage after stage through the gates, or past them by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db import transaction

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.evaluation.gates import Stage
from mimawari.records.deployment import Slot
from mimawari.service.accounts.authority import require
from mimawari.service.accounts.permissions import Permission
from mimawari.service.audit.record import record
from mimawari.service.catalogue.models import ModelVersion
from mimawari.service.platform import clock
from mimawari.service.releases import gates, generations, stage_events
from mimawari.service.releases.activating import manifest_in_force, put_champion, require_topic
from mimawari.service.releases.building import prove
from mimawari.service.releases.deploying import deployment_of, put_beside, with_beside
from mimawari.service.releases.models import Release, ReleaseRequest

if TYPE_CHECKING:
    from mimawari.evaluation.gates import Finding
    from mimawari.records.json import JsonObject
    from mimawari.records.principal import Principal

SLOTS = {Stage.SHADOW: Slot.SHADOW, Stage.CANARY: Slot.CANARY, Stage.CHAMPION: Slot.CHAMPION}
"""Stages in which a model scores."""
DECIDED_BY = {Stage.BACKTESTED: "backtest", Stage.EXPERIMENT: "experiment"}
"""Stages that a trial decides, and the measure of its outcome."""


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """Which model somebody wants where, and why.

    Parameters
    ----------
    share
        Part of the sellers, of a canary.
    override
        Why it may pass gates that it does not; empty: it may not.
    evidence
        What speaks for it, such as a trial's decision: noted beside the change.
    request
        The request that a second person approved.
    """

    model: str
    stage: Stage
    reason: str
    share: float = 1.0
    override: str = ""
    evidence: JsonObject = {}
    request: int | None = None


def topic_of(version: str) -> str:
    """Give the topic of a registered model.

    Raises
    ------
    InvalidInputError
        No such model is registered.
    """
    topic = ModelVersion.objects.filter(pk=version).values_list("topic", flat=True).first()
    if topic is None:
        remedy = "'mimawari models list' names those there are; 'mimawari models add' registers one"
        raise InvalidInputError(
            FieldProblem("model", f"{version[:80]!r} is not registered", remedy)
        )
    return topic


def enter(wish: Wish, actor: Principal) -> Release | ReleaseRequest:
    """Let a model enter a stage where its gates hold; gives what was recorded.

    Where the gate file asks for two persons, a request is kept for the second one.

    Raises
    ------
    InvalidInputError
        A gate does not hold and nobody overrides it, or the model is retired: nothing changes.
    """
    topic = topic_of(wish.model)
    _require(actor, topic, wish)
    _refuse_without_way(wish.stage)
    prove_wish(wish, topic)
    with transaction.atomic():
        generations.lock()
        require_open(wish, topic)
        in_force = gates.gates_in_force()
        if in_force.policy.entry(topic, wish.stage).persons > 1:
            return _ask(wish, topic, actor)
        return carry_out(wish, topic, actor)


def enter_alone(wish: Wish, actor: Principal) -> Release:
    """Let a model enter a stage at once, as `enter` does.

    Raises
    ------
    InvalidInputError
        The gate file asks for two persons: who decides so has to ask by `enter`.
    """
    with transaction.atomic():
        release = enter(wish, actor)
        if isinstance(release, ReleaseRequest):
            remedy = f"'mimawari models promote {wish.model} --to {wish.stage}' asks a second one"
            raise InvalidInputError(
                FieldProblem("stage", f"{wish.stage} needs two persons", remedy)
            )
    return release


def require_before(stage: Stage, version: str, topic: str) -> None:
    """Refuse a model that has not come through the stages before one that a trial decides."""
    wish = Wish(model=version, stage=stage, reason="")
    require_open(wish, topic, without=DECIDED_BY[stage])


def note_stage(version: str, topic: str, stage: Stage, actor: Principal, reason: str) -> bool:
    """Record that a model reached a stage which scores nothing, where its gates hold.

    Within the caller's transaction; gives whether they hold.
    """
    wish = Wish(model=version, stage=stage, reason=reason)
    holds = all(finding.passed for finding in _findings(wish, topic))
    if holds:
        carry_out(wish, topic, actor)
    return holds


def require_open(wish: Wish, topic: str, without: str = "") -> None:
    """Refuse a model that is retired, or that does not pass and is not let pass.

    Parameters
    ----------
    without
        A measure that is not asked for yet.
    """
    reached = gates.reached(wish.model)
    if Stage.RETIRED in reached:
        remedy = "train it again: a retired version stays retired"
        raise InvalidInputError(FieldProblem("model", f"{wish.model} is retired", remedy))
    failed = tuple(f for f in _findings(wish, topic) if not f.passed and f.gate != without)
    if failed and not wish.override:
        raise gates.refusal(wish.stage, failed)


def carry_out(wish: Wish, topic: str, actor: Principal) -> Release:
    """Put a model where it is wanted and record it, within the caller's transaction."""
    findings = _findings(wish, topic)
    number = _put(wish, topic, actor)
    passed = all(finding.passed for finding in findings)
    release = Release.objects.create(
        model=wish.model,
        topic=topic,
        stage=wish.stage.value,
        generation_id=number,
        gates=gates.gates_in_force().sha256,
        findings=msgspec.to_builtins(findings),
        override="" if passed else wish.override,
        request_id=wish.request,
        at=clock.database_now(),
        actor=actor.name,
        reason=wish.reason,
    )
    record_release(release, actor)
    return release


def _put(wish: Wish, topic: str, actor: Principal) -> int | None:
    if wish.stage == Stage.CHAMPION:
        return put_champion(wish.model, topic, actor, wish.reason, wish.evidence)
    if wish.stage in SLOTS:
        deployment = deployment_of(wish.model, SLOTS[wish.stage], wish.share)
        return put_beside(topic, deployment, actor, wish.reason)
    return None


def prove_wish(wish: Wish, topic: str) -> None:
    """Score with a model as it would be in force, before anybody waits for the lock."""
    if wish.stage not in SLOTS:
        return
    manifest = manifest_in_force()
    entry = require_topic(manifest, topic)
    if wish.stage == Stage.CHAMPION:
        changed = manifest.with_topic(topic, entry.with_champion(wish.model))
    else:
        deployment = deployment_of(wish.model, SLOTS[wish.stage], wish.share)
        changed = with_beside(manifest, topic, deployment)
    prove(changed, generations.load_model(wish.model))


def _findings(wish: Wish, topic: str) -> tuple[Finding, ...]:
    entry = manifest_in_force().topics.get(topic)
    champion = entry.champion if entry else None
    known = gates.standing(wish.model, topic, champion)
    return gates.findings(gates.gates_in_force(), known, wish.stage)


def _ask(wish: Wish, topic: str, actor: Principal) -> ReleaseRequest:
    request = ReleaseRequest.objects.create(
        model=wish.model,
        topic=topic,
        stage=wish.stage.value,
        share=wish.share,
        override=wish.override,
        at=clock.database_now(),
        actor=actor.name,
        account=key_of(actor),
        reason=wish.reason,
    )
    details = stage_events.request_details(request)
    record(stage_events.REQUEST, request.pk, actor, details, wish.reason)
    return request


def key_of(actor: Principal) -> str:
    """Give what tells a person apart, whatever they are called."""
    return f"{actor.kind}:{actor.id}:{actor.name if actor.kind == 'system' else ''}"


def _require(actor: Principal, topic: str, wish: Wish) -> None:
    """Whoever runs trials may bring in force what one decided; the rest is for models' own."""
    require(actor, Permission.RUN_TRIALS if wish.evidence else Permission.MODELS, topic)


def _refuse_without_way(stage: Stage) -> None:
    ways = {
        Stage.TRAINED: "every registered model is",
        Stage.BACKTESTED: "a back-test that ends with promote does it",
        Stage.EXPERIMENT: "an experiment that ends with promote does it",
        Stage.RETIRED: "use 'mimawari models retire'",
    }
    if stage in ways:
        raise InvalidInputError(FieldProblem("stage", f"{stage} is not entered so", ways[stage]))


def record_release(release: Release, actor: Principal) -> None:
    """Write the event of a release."""
    details = stage_events.release_details(release)
    record(stage_events.RELEASE, release.pk, actor, details, release.reason)
