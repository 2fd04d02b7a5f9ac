"""Generations: everything that affects a score, under one number that only grows."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from mimawari.detectors.loading import load_model as load_folder
from mimawari.detectors.rules import RuleSet
from mimawari.detectors.suite import Suite
from mimawari.detectors.topicfile import parse
from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.ops import banks, ledger
from mimawari.service.ops.models import Generation, ModelVersion, TopicFileVersion

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mimawari.detectors.loading import Model
    from mimawari.detectors.topicfile import TopicFile

Manifest = dict[str, Any]
logger = logging.getLogger(__name__)


def current() -> Generation | None:
    """Give the generation in force."""
    return Generation.objects.order_by("-number").first()


def empty_manifest() -> Manifest:
    """Give the manifest before anything was activated."""
    return {"topics": {}, "topic_order": []}


def advance(manifest: Manifest, actor: str, reason: str) -> Generation:
    """Put a manifest in force as the next generation, with its ledger entry."""
    manifest["topic_order"] = sorted(manifest["topics"])
    with transaction.atomic():
        generation = Generation.objects.create(
            manifest=manifest, created_at=timezone.now(), actor=actor, reason=reason
        )
        body = {"reason": reason, "manifest": manifest}
        ledger.append(actor, "generation", str(generation.number), body)
    return generation


def topic_files(manifest: Manifest) -> dict[str, TopicFile]:
    """Read the topic files a manifest names."""
    files = {}
    for topic, entry in manifest["topics"].items():
        stored = TopicFileVersion.objects.get(topic=topic, version=entry["topic_file"])
        files[topic] = parse(stored.text, f"{topic}.{stored.format}")
    return files


def build_rules(manifest: Manifest) -> RuleSet:
    """Compile the rules of a manifest, with the precisions measured so far."""
    files = topic_files(manifest).values()
    measured = manifest.get("rule_precisions", {})
    return RuleSet.compile(files, precisions=measured, run_examples=False, cache=_patterns())


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
    manifest = newest.manifest if newest else empty_manifest()
    files = topic_files(manifest) | {file.topic: file for file in changed}
    RuleSet.compile(files.values(), run_examples=False, cache=_patterns())


def build_suite(manifest: Manifest, number: int) -> Suite:
    """Build the suite of a manifest; every artifact is verified while it loads.

    A model that does not load is left out, and its topic goes on with its rules; so is a bank:
    the suite names it in ``absent`` and in the failures of every batch.

    Raises
    ------
    InvalidInputError
        Where a topic file does not load.
    """
    models, problems = load_models(manifest)
    for topic, problem in problems.items():
        logger.error("the model of %s is left out: %s", topic, problem)
    absent = dict.fromkeys(problems, "its model does not load: see 'mimawari check'")
    known, broken = banks.load_all(manifest)
    for name, problem in broken.items():
        logger.error("the bank %s is left out: %s", name, problem)
        absent[f"bank {name}"] = "does not load: see 'mimawari check'"
    return Suite(build_rules(manifest), models, generation=number, absent=absent, banks=known)


def load_models(
    manifest: Manifest, load: Callable[[str], Model] | None = None
) -> tuple[list[Model], dict[str, FieldProblem]]:
    """Load the models of a manifest; gives those that load, and by topic what is wrong."""
    models, problems = [], {}
    for topic, entry in manifest["topics"].items():
        if not entry.get("model"):
            continue
        try:
            models.append((load or load_model)(entry["model"]))
        except InvalidInputError as error:
            problems[topic] = error.problems[0]
        except Exception as error:  # whatever is wrong with its files stays its own
            said = f"does not load: {type(error).__name__}: {error}"
            problems[topic] = FieldProblem(entry["model"], said, "activate another model")
    return models, problems


def load_model(version: str) -> Model:
    """Load a registered model from its folder."""
    stored = ModelVersion.objects.filter(id=version).first()
    if stored is None:
        raise InvalidInputError(
            FieldProblem("model", f"{version!r} is not registered", "activate it from its folder")
        )
    return load_folder(Path(stored.path), version)
