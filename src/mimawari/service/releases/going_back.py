"""Back to what scored a topic before, and models that are wanted no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db import transaction

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.evaluation.gates import Stage
from mimawari.records.deployment import Slot
from mimawari.records.json import JsonObject
from mimawari.service.accounts.authority import require
from mimawari.service.accounts.permissions import Permission
from mimawari.service.platform import clock
from mimawari.service.releases import gates, generations
from mimawari.service.releases.activating import (
    manifest_in_force,
    put_champion,
    require_topic,
    withdraw_model,
)
from mimawari.service.releases.building import prove
from mimawari.service.releases.models import DeploymentChange, Release, TopicChange
from mimawari.service.releases.stages import record_release, topic_of

if TYPE_CHECKING:
    from mimawari.records.principal import Principal


def champion_before(topic: str) -> str | None:
    """Give the model that served a topic before the present one; None where rules alone did.

    One that was retired is passed over, and so is one that the topic was rolled back from: going
    back twice goes two steps back.

    Raises
    ------
    InvalidInputError
        Nothing else ever served it.
    """
    now = require_topic(manifest_in_force(), topic).champion
    releases = Release.objects.filter(topic=topic)
    passed_over = set(releases.filter(stage=Stage.RETIRED).values_list("model", flat=True))
    ways_back = set(releases.filter(back=True).values_list("generation_id", flat=True))
    changes = TopicChange.objects.filter(topic=topic).select_related("generation")
    after, was_left = now, False
    for change in changes.order_by("-generation").iterator(chunk_size=100):
        entry = change.generation.manifest.topics.get(topic)
        champion = entry.champion if entry else None
        if champion != after and was_left:
            passed_over.add(champion or "")
        was_left = change.generation_id in ways_back or (was_left and champion == after)
        if champion != now and (champion or "") not in passed_over:
            return champion
        after = champion
    remedy = "'mimawari models history' shows what was in force"
    raise InvalidInputError(FieldProblem("topic", f"nothing else served {topic!r}", remedy))


def roll_back(
    topic: str,
    actor: Principal,
    reason: str,
    to: str | None = None,
    evidence: JsonObject | None = None,
    expected: str | None = None,
) -> Release:
    """Put in force what served a topic before, at once; no gate stands in the way back.

    Parameters
    ----------
    to
        A model that served the topic before; empty: rules alone; None: the one before this one.
    expected
        The model that is to be left; None: whichever is in force.

    Raises
    ------
    InvalidInputError
        There was nothing else, the model no longer loads, or another one is in force by now.
    """
    require(actor, Permission.RUN_TRIALS if evidence else Permission.MODELS, topic)
    version = champion_before(topic) if to is None else _served(topic, to)
    if version:
        manifest = manifest_in_force()
        entry = require_topic(manifest, topic).with_champion(version)
        prove(manifest.with_topic(topic, entry), generations.load_model(version))
    with transaction.atomic():
        generations.lock()
        if to is None and champion_before(topic) != version:
            problem = FieldProblem("topic", "was changed meanwhile", "look at it, and ask again")
            raise InvalidInputError(problem)
        before = require_topic(manifest_in_force(), topic).champion
        if expected is not None and before != expected:
            problem = FieldProblem("topic", f"has {before or 'rules alone'}", "look at it again")
            raise InvalidInputError(problem)
        if (version or None) == before:
            remedy = "name another model with --to"
            raise InvalidInputError(FieldProblem("topic", f"has {before or 'rules alone'}", remedy))
        if version:
            number = put_champion(version, topic, actor, reason, evidence or {})
        else:
            number = withdraw_model(topic, actor, reason, evidence)
        return _note(version or "", topic, Stage.CHAMPION, number, actor, reason)


def _served(topic: str, version: str) -> str:
    """Take a model only where it was in force once: a way back is no way around the gates."""
    if not version:
        return ""
    served = DeploymentChange.objects.filter(model=version, topic=topic, slot=Slot.CHAMPION)
    if served.exists():
        return version
    remedy = "'mimawari models promote' is the way of a model that never was"
    raise InvalidInputError(FieldProblem("to", f"{version[:80]!r} never served {topic}", remedy))


def retire(version: str, actor: Principal, reason: str) -> Release:
    """Note that a model is wanted no more: nobody promotes it again.

    Raises
    ------
    InvalidInputError
        It scores: something else has to be put in its place first.
    """
    topic = topic_of(version)
    require(actor, Permission.MODELS, topic)
    with transaction.atomic():
        generations.lock()
        entry = manifest_in_force().topics.get(topic)
        slots = [d.slot for d in entry.deployments if d.model == version] if entry else []
        if slots:
            remedy = "'mimawari models undeploy' or 'mimawari models rollback' first"
            raise InvalidInputError(FieldProblem("model", f"is the {slots[0]}", remedy))
        if Release.objects.filter(model=version, stage=Stage.RETIRED).exists():
            raise InvalidInputError(FieldProblem("model", "is retired", "nothing is left to do"))
        return _note(version, topic, Stage.RETIRED, None, actor, reason)


def _note(
    version: str, topic: str, stage: Stage, number: int | None, actor: Principal, reason: str
) -> Release:
    release = Release.objects.create(
        model=version,
        topic=topic,
        stage=stage.value,
        generation_id=number,
        gates=gates.text_in_force().sha256,
        findings=msgspec.to_builtins(()),
        override="",
        back=stage == Stage.CHAMPION,
        at=clock.database_now(),
        actor=actor.name,
        reason=reason,
    )
    record_release(release, actor)
    return release
