"""What the ledger is told of generations, serving models and banks."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from mimawari.records.event import register
from mimawari.records.json import JsonObject
from mimawari.service.audit.rows import compare_rows
from mimawari.service.catalogue.event_kinds import json_hash
from mimawari.service.releases.models import Generation

if TYPE_CHECKING:
    from collections.abc import Iterator


class GenerationDetails(msgspec.Struct, frozen=True):
    """A generation; ``manifest`` is the SHA-256 of its canonical JSON."""

    manifest: str
    created_at: datetime
    actor: str
    reason: str


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


class SignatureDetails(msgspec.Struct, frozen=True):
    """Which digest of a model's folder was signed, and the key to check that with (PEM)."""

    topic: str
    sha256: str
    public_key: str


class ExportDetails(msgspec.Struct, frozen=True):
    """Where a model was handed over to, without passwords, and what it is called there."""

    topic: str
    to: str
    address: str
    name: str


GENERATION = register("generation", GenerationDetails, "releases.Generation")
ACTIVATION = register("activation", ServingDetails)
WITHDRAWAL = register("withdrawal", ServingDetails)
BANK = register("bank", BankDetails)
BANK_WITHDRAWAL = register("bank_withdrawal", BankDetails)
EXPORT = register("model_export", ExportDetails)
SIGNATURE = register("model_signature", SignatureDetails)


def generation_details(row: Generation) -> GenerationDetails:
    """Say what a generation's event says."""
    return GenerationDetails(json_hash(row.manifest), row.created_at, row.actor, row.reason)


def _generations() -> Iterator[tuple[str, GenerationDetails]]:
    for row in Generation.objects.order_by("pk").iterator():
        yield str(row.pk), generation_details(row)


compare_rows("releases.Generation", _generations)
