"""What the ledger is told of generations, topic files, models and banks, and their rows' check."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from mimawari.records.event import register
from mimawari.records.json import JsonObject
from mimawari.service.audit.rows import compare_rows
from mimawari.service.ops.models import Generation, ModelVersion, TopicFileVersion

if TYPE_CHECKING:
    from collections.abc import Iterator


class GenerationDetails(msgspec.Struct, frozen=True):
    """A generation; ``manifest`` is the SHA-256 of its canonical JSON."""

    manifest: str
    created_at: datetime
    actor: str
    reason: str


class TopicFileDetails(msgspec.Struct, frozen=True):
    """A version of a topic file; ``text`` is the SHA-256 of what is stored."""

    format: str
    text: str
    sha256: str
    created_at: datetime
    actor: str


class ModelDetails(msgspec.Struct, frozen=True):
    """A registered model; ``lineage`` is the SHA-256 of its canonical JSON.

    Where its folder lies may change: what it holds is told by its version, a hash.
    """

    topic: str
    fingerprint: str
    lineage: str
    created_at: datetime
    actor: str


class ServingDetails(msgspec.Struct, frozen=True):
    """Which model serves a topic from a generation on (none after a withdrawal), and before."""

    topic: str
    generation: int
    model: str | None
    before: str | None
    evidence: JsonObject


class BankDetails(msgspec.Struct, frozen=True):
    """Which version of a bank counts from a generation on (none after a withdrawal)."""

    generation: int
    version: str | None
    before: str | None = None
    entries: int = 0
    path: str = ""
    score: float = 0.0


GENERATION = register("generation", GenerationDetails, "ops.Generation")
TOPIC_FILE = register("topic_file", TopicFileDetails, "ops.TopicFileVersion")
MODEL = register("model", ModelDetails, "ops.ModelVersion")
ACTIVATION = register("activation", ServingDetails)
WITHDRAWAL = register("withdrawal", ServingDetails)
BANK = register("bank", BankDetails)
BANK_WITHDRAWAL = register("bank_withdrawal", BankDetails)


def generation_details(row: Generation) -> GenerationDetails:
    """Say what a generation's event says."""
    return GenerationDetails(_hash(row.manifest), row.created_at, row.actor, row.reason)


def topic_file_details(row: TopicFileVersion) -> TopicFileDetails:
    """Say what a topic file's event says."""
    text = hashlib.sha256(row.text.encode()).hexdigest()
    return TopicFileDetails(row.format, text, row.sha256, row.created_at, row.actor)


def topic_file_subject(row: TopicFileVersion) -> str:
    """Name a version of a topic file."""
    return f"{row.topic} v{row.version}"


def model_details(row: ModelVersion) -> ModelDetails:
    """Say what a model's event says."""
    lineage = _hash(row.lineage)
    return ModelDetails(row.topic, row.fingerprint, lineage, row.created_at, row.actor)


def _generations() -> Iterator[tuple[str, GenerationDetails]]:
    for row in Generation.objects.order_by("pk").iterator():
        yield str(row.pk), generation_details(row)


def _topic_files() -> Iterator[tuple[str, TopicFileDetails]]:
    for row in TopicFileVersion.objects.order_by("pk").iterator():
        yield topic_file_subject(row), topic_file_details(row)


def _models() -> Iterator[tuple[str, ModelDetails]]:
    for row in ModelVersion.objects.order_by("pk").iterator():
        yield row.pk, model_details(row)


def _hash(value: object) -> str:
    """Hash plain data by its JSON with sorted keys."""
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()


compare_rows("ops.Generation", _generations)
compare_rows("ops.TopicFileVersion", _topic_files)
compare_rows("ops.ModelVersion", _models)
