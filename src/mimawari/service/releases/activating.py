"""What operators do: activate topic files and models, look at recent listings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db import transaction

from mimawari.detectors.loading import load_model as load_folder
from mimawari.detectors.rules import RuleSet
from mimawari.detectors.second_stage.prompt import Policy
from mimawari.detectors.topicfile import load
from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.listings.normalise import default_readings
from mimawari.listings.normalise.readings import packaged_readings
from mimawari.records.manifest import Manifest, TopicEntry
from mimawari.service.accounts.authority import require
from mimawari.service.accounts.permissions import Permission
from mimawari.service.audit.record import record
from mimawari.service.catalogue import registering
from mimawari.service.releases import event_kinds, generations

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from mimawari.detectors.topicfile import TopicFile
    from mimawari.records.json import JsonObject
    from mimawari.records.principal import Principal
    from mimawari.records.second_stage import SecondStage


def activate_topic_file(path: Path, actor: Principal, reason: str) -> int:
    """Check a topic file with its examples and put it in force; gives the generation."""
    return activate_topic_files([path], actor, reason)


def activate_topic_files(paths: Iterable[Path], actor: Principal, reason: str) -> int:
    """Check topic files and put all of them in force as one generation.

    Raises
    ------
    InvalidInputError
        Where any of them is wrong; then nothing changes.
    """
    loaded = [(path, load(path)) for path in paths]
    require(actor, Permission.POLICY, *(topic.topic for _, topic in loaded))
    RuleSet.compile([topic for _, topic in loaded])
    generations.fill_cache([topic for _, topic in loaded])
    with transaction.atomic():
        manifest = next_manifest()
        for path, topic in loaded:
            stored = registering.store_topic_file(path, topic, actor)
            before = manifest.topics.get(topic.topic)
            entry = TopicEntry(
                topic_file=stored.version,
                sha256=stored.sha256,
                capacity=topic.capacity,
                sensitive=topic.sensitive,
                deployments=before.deployments if before else (),
                trial=before.trial if before else None,
                second_stage=_kept_stage(before, topic),
            )
            manifest = manifest.with_topic(topic.topic, entry)
        return generations.advance(manifest, actor, reason).number


def _kept_stage(before: TopicEntry | None, file: TopicFile) -> SecondStage | msgspec.UnsetType:
    """Give the second stage that stays: its test cases were run with the policy as it is told."""
    stage = before.second_stage if before else msgspec.UNSET
    tried = stage is not msgspec.UNSET and stage.policy_hash == Policy.of(file).hash
    return stage if tried else msgspec.UNSET


def register_model(path: Path, actor: Principal) -> str:
    """Verify a model's folder and register it, so that a trial may name it; gives its version.

    It scores nothing until it is activated.

    Examples
    --------
    >>> register_model(Path("models/weapons"), "grace")  # doctest: +SKIP
    'weapons-0123456789ab'
    """
    model = load_folder(path)
    require(actor, Permission.MODELS, model.topic)
    with transaction.atomic():
        require_topic(next_manifest(), model.topic)
        registering.register_model(model, path, actor)
    return model.version


def put_champion(
    version: str, topic: str, actor: Principal, reason: str, evidence: JsonObject
) -> int:
    """Let a registered model score its topic, within the caller's transaction.

    Gives the generation.

    Parameters
    ----------
    evidence
        What speaks for it, such as a trial's decision: sealed in the ledger beside who and why.
    """
    manifest = next_manifest()
    entry = require_topic(manifest, topic)
    manifest = manifest.with_topic(topic, entry.with_champion(version))
    number = generations.advance(manifest, actor, reason, evidence).number
    details = event_kinds.ServingDetails(topic, number, version, entry.champion, evidence)
    record(event_kinds.ACTIVATION, version, actor, details, reason)
    return number


def withdraw_model(
    topic: str, actor: Principal, reason: str, evidence: JsonObject | None = None
) -> int:
    """Let a topic be moderated by its rules alone; gives the generation."""
    require(actor, Permission.RUN_TRIALS if evidence else Permission.MODELS, topic)
    with transaction.atomic():
        manifest = next_manifest()
        entry = require_topic(manifest, topic)
        manifest = manifest.with_topic(topic, entry.with_champion(None))
        number = generations.advance(manifest, actor, reason, evidence).number
        details = event_kinds.ServingDetails(topic, number, None, entry.champion, evidence or {})
        record(event_kinds.WITHDRAWAL, topic, actor, details, reason)
    return number


def activate_precisions(precisions: dict[str, float], actor: Principal, reason: str) -> int:
    """Let rules count by their measured precision from now on; gives the generation."""
    topics = {rule.partition("/")[0] for rule in precisions}
    require(actor, Permission.POLICY, *sorted(topics))
    with transaction.atomic():
        manifest = next_manifest()
        measured = manifest.rule_precisions | precisions
        manifest = msgspec.structs.replace(manifest, rule_precisions=measured)
        return generations.advance(manifest, actor, reason).number


def require_topic(manifest: Manifest, topic: str) -> TopicEntry:
    """Give what is in force for a topic; refuse one that nobody moderates."""
    if topic not in manifest.topics:
        remedy = "activate one first: it holds the policy and the capacity"
        raise InvalidInputError(FieldProblem("topic", f"{topic!r} has no topic file", remedy))
    return manifest.topics[topic]


def note_readings(actor: Principal) -> int | None:
    """Stamp a change of the operator's readings, which changes scores, with a new generation.

    Gives its number; None where nothing changed or no topic is in force.
    """
    now, table = generations.current(), default_readings()
    fingerprint = None if table is packaged_readings() else table.fingerprint
    if now is None or now.manifest.readings == fingerprint:
        return None
    with transaction.atomic():
        manifest = msgspec.structs.replace(next_manifest(), readings=fingerprint)
        reason = "readings of the operator's" if fingerprint else "the package's readings alone"
        return generations.advance(manifest, actor, reason).number


def next_manifest() -> Manifest:
    """Give the manifest in force, of which the next one is made; nobody else changes it then."""
    generations.lock()
    return manifest_in_force()


def manifest_in_force() -> Manifest:
    """Give the manifest in force, which others may change meanwhile."""
    now = generations.current()
    return now.manifest if now else Manifest()
