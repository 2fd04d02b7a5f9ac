"""Generations: everything that affects a score, under one number that only grows."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from mimawari.detectors.loading import load_model as load_folder
from mimawari.detectors.rules import RuleSet
from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.records.deployment import Slot
from mimawari.records.manifest import Manifest
from mimawari.records.slot_change import slot_changes
from mimawari.records.topic_change import topic_changes
from mimawari.service.audit.record import record
from mimawari.service.catalogue.artifacts import artifacts
from mimawari.service.catalogue.models import ModelVersion
from mimawari.service.catalogue.topic_files import topic_files as stored_files
from mimawari.service.releases.event_kinds import GENERATION, generation_details
from mimawari.service.releases.models import DeploymentChange, Generation, TopicChange

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mimawari.detectors.loading import Model
    from mimawari.detectors.topicfile import TopicFile
    from mimawari.records.json import JsonObject
    from mimawari.records.manifest import TopicEntry
    from mimawari.records.principal import Principal

# PostgreSQL's advisory lock of whoever changes the generation.
LOCK = 0x67656E65
MOST_LOOKED_AT = 100
logger = logging.getLogger(__name__)


def current() -> Generation | None:
    """Give the generation in force."""
    return Generation.objects.order_by("-number").first()


def serving() -> Generation | None:
    """Give the newest generation that this version of the program reads: what roles go on with.

    A later version may have put one in force that this one does not; commands build on `current`,
    which refuses then.
    """
    with suppress(InvalidInputError):
        return current()
    numbers = Generation.objects.order_by("-number").values_list("number", flat=True)
    for number in numbers[:MOST_LOOKED_AT]:
        try:
            return Generation.objects.get(pk=number)
        except InvalidInputError:
            continue
    return None


def lock() -> None:
    """Wait until nobody else changes the generation; holds until the transaction ends.

    SQLite's write transactions exclude each other anyway.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def entry_in_force(topic: str) -> TopicEntry | None:
    """Give what is in force for a topic."""
    newest = current()
    return newest.manifest.topics.get(topic) if newest else None


def topics_in_force() -> dict[str, TopicEntry]:
    """Give what is in force, by topic."""
    newest = current()
    return newest.manifest.topics if newest else {}


def advance(
    manifest: Manifest, actor: Principal, reason: str, evidence: JsonObject | None = None
) -> Generation:
    """Put a manifest in force as the next generation, with its event.

    Parameters
    ----------
    evidence
        What spoke for what changes, such as a trial's decision.
    """
    with transaction.atomic():
        generation = Generation.objects.create(
            manifest=manifest, created_at=timezone.now(), actor=actor.name, reason=reason
        )
        _note_changes(generation, evidence or {})
        details = generation_details(generation)
        record(GENERATION, generation.number, actor, details, reason)
    return generation


def _note_changes(newest: Generation, evidence: JsonObject) -> None:
    """Note of each topic what a generation changed of it, and of each model where it serves.

    So too of those before it of which nothing is noted yet: a version of the program that does
    not note changes may have put them in force during a rollout.
    """
    noted = TopicChange.objects.aggregate(last=Max("generation"))["last"] or 0
    before = Manifest()
    for generation in _readable(noted):
        if generation.pk != noted:
            TopicChange.objects.bulk_create(
                TopicChange(
                    topic=topic,
                    generation=generation,
                    at=generation.created_at,
                    what=list(what),
                    evidence=evidence if generation.pk == newest.pk else {},
                )
                for topic, what in topic_changes(before, generation.manifest).items()
            )
            DeploymentChange.objects.bulk_create(
                DeploymentChange(
                    model=change.model,
                    topic=change.topic,
                    generation=generation,
                    at=generation.created_at,
                    slot=change.slot or "",
                    share=change.share,
                )
                for change in slot_changes(before, generation.manifest)
            )
        before = generation.manifest


def _readable(first: int) -> Iterator[Generation]:
    """Yield generations from a number on; a later version of the program notes its own."""
    numbers = Generation.objects.filter(pk__gte=first).order_by("pk")
    for number in list(numbers.values_list("pk", flat=True)):
        with suppress(InvalidInputError):
            yield Generation.objects.get(pk=number)


def topic_files(manifest: Manifest) -> dict[str, TopicFile]:
    """Read the topic files a manifest names."""
    files = stored_files((topic, entry.topic_file) for topic, entry in manifest.topics.items())
    return {topic: files[topic, entry.topic_file] for topic, entry in manifest.topics.items()}


def build_rules(manifest: Manifest, before: RuleSet | None = None) -> RuleSet:
    """Compile the rules of a manifest, with the precisions measured so far.

    What a set ``before`` has generated for the same files is taken over.
    """
    return RuleSet.compile(
        topic_files(manifest).values(),
        precisions=manifest.rule_precisions,
        run_examples=False,
        cache=_patterns(),
        before=before,
    )


def _patterns() -> Path:
    """Give the folder of compiled rules."""
    return Path(settings.CONFIG.state_dir) / "patterns"


def fill_cache(changed: Iterable[TopicFile]) -> None:
    """Compile the rules in force with changed topic files, for the roles that will load them.

    Before the transaction that puts them in force: it may take seconds, and must hold up nobody.

    Raises
    ------
    InvalidInputError
        Where they do not compile together.
    """
    newest = current()
    manifest = newest.manifest if newest else Manifest()
    files = topic_files(manifest) | {file.topic: file for file in changed}
    RuleSet.compile(files.values(), run_examples=False, cache=_patterns())


@dataclass(frozen=True, slots=True)
class LoadedModels:
    """The models of a manifest that load; ``problems`` says of the others what is wrong.

    A champion that does not load is named by its topic, any other model by its version.
    """

    champions: list[Model] = field(default_factory=list)
    beside: list[Model] = field(default_factory=list)
    problems: dict[str, FieldProblem] = field(default_factory=dict)


def load_models(manifest: Manifest, load: Callable[[str], Model] | None = None) -> LoadedModels:
    """Load the models of a manifest, whatever is wrong with some of them."""
    loaded = LoadedModels()
    for topic, deployment in manifest.columns:
        champion = deployment.slot == Slot.CHAMPION
        part = topic if champion else deployment.model
        try:
            model = (load or load_model)(deployment.model)
        except InvalidInputError as error:
            loaded.problems[part] = error.problems[0]
        except Exception as error:  # whatever is wrong with its files stays its own
            problem = f"does not load: {type(error).__name__}: {error}"
            loaded.problems[part] = FieldProblem(
                deployment.model, problem, "activate another model"
            )
        else:
            (loaded.champions if champion else loaded.beside).append(model)
    return loaded


def load_model(version: str) -> Model:
    """Load a registered model from the artifact store."""
    stored = ModelVersion.objects.filter(id=version).first()
    if stored is None:
        raise InvalidInputError(
            FieldProblem("model", f"{version!r} is not registered", "register it from its folder")
        )
    return load_folder(artifacts().folder(f"models/{version}"), version)
