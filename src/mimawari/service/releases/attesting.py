"""What a model's releases were, as statements that others can check; and its folder, signed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from django.conf import settings
from django.db import transaction

from mimawari.detectors.resources import signature_statement, subject_of
from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.ledger.attestations import AttestationKey, Statement
from mimawari.records.lineage import Lineage
from mimawari.service.accounts.authority import require
from mimawari.service.accounts.permissions import Permission
from mimawari.service.audit.models import Event
from mimawari.service.audit.record import record
from mimawari.service.catalogue.artifacts import artifacts
from mimawari.service.catalogue.models import ModelVersion
from mimawari.service.platform.state_key import keep_first
from mimawari.service.releases.event_kinds import SIGNATURE, SignatureDetails
from mimawari.service.releases.models import Release
from mimawari.service.releases.stage_events import RELEASE

if TYPE_CHECKING:
    from mimawari.records.json import JsonObject
    from mimawari.records.principal import Principal

KEY_FILE = "release_key"
PREDICATE = "urn:mimawari:release:v1"


@dataclass(frozen=True, slots=True)
class SignedModel:
    """A model's signature, the folder that it is of, and the key to check it with (PEM)."""

    bundle: bytes
    folder: Path
    public_key: str


def release_key() -> AttestationKey:
    """Read the key from the state folder; made at first use, readable by its owner only."""
    path = Path(settings.CONFIG.state_dir) / KEY_FILE
    if not path.exists():
        keep_first(path, AttestationKey.generate().pem)
    return AttestationKey(path.read_text("ascii").strip() + "\n")


def sign_model(version: str, actor: Principal) -> SignedModel:
    """Verify a registered model's folder and sign it, with an event.

    Raises
    ------
    InvalidInputError
        It is not registered, or its folder is damaged.
    """
    stored = registered(version)
    require(actor, Permission.MODELS, stored.topic)
    folder = artifacts().folder(f"models/{version}")
    statement = _of(version, signature_statement(folder))
    key = release_key()
    bundle = key.sign(statement)
    with transaction.atomic():
        digest = statement.subject[0].digest["sha256"]
        record(SIGNATURE, version, actor, SignatureDetails(stored.topic, digest, key.public))
    return SignedModel(bundle, folder, key.public)


def release_statements(version: str) -> list[Statement]:
    """Say of each release of a model who, when and why, past which gates, and made from what."""
    stored = registered(version)
    folder = artifacts().folder(f"models/{version}")
    subject = _of(version, Statement(subject=(subject_of(folder),), predicateType="", predicate={}))
    releases = Release.objects.filter(model=version).order_by("pk").select_related("request")
    answers = {row.pk: row for row in releases}
    events = dict(
        Event.objects.filter(kind=RELEASE.name, subject__in=map(str, answers)).values_list(
            "subject", "pk"
        )
    )
    return [
        msgspec.structs.replace(
            subject,
            predicateType=PREDICATE,
            predicate=_release(row, events.get(str(row.pk))) | {"madeFrom": _made_from(stored)},
        )
        for row in releases
    ]


def sign_statements(version: str, actor: Principal) -> list[bytes]:
    """Sign what `release_statements` gives, with an event; each is a bundle."""
    statements = release_statements(version)
    require(actor, Permission.MODELS, registered(version).topic)
    key = release_key()
    if statements:
        digest = statements[0].subject[0].digest["sha256"]
        topic = registered(version).topic
        with transaction.atomic():
            record(SIGNATURE, version, actor, SignatureDetails(topic, digest, key.public))
    return [key.sign(statement) for statement in statements]


def _release(row: Release, event: int | None) -> JsonObject:
    return {
        "topic": row.topic,
        "stage": row.stage,
        "generation": row.generation_id,
        "by": row.actor,
        "at": row.at.isoformat(),
        "reason": row.reason,
        "override": row.override,
        "back": row.back,
        "askedBy": None if row.request is None else row.request.actor,
        "gates": {"sha256": row.gates, "findings": row.findings},
        "ledgerEvent": event,
    }


def _made_from(stored: ModelVersion) -> JsonObject:
    lineage = Lineage.of(stored.lineage)
    return {
        "code": lineage.package,
        "settings": lineage.settings,
        "dataSet": lineage.data_set,
        "data": None if lineage.data is None else {"sha256": lineage.data},
        "flowRun": lineage.flow_run,
        "by": lineage.by,
        "at": lineage.at,
        "fingerprint": stored.fingerprint,
    }


def require_whole(version: str, folder: Path) -> None:
    """Verify every file of a model's folder, and that it is this model's.

    Raises
    ------
    InvalidInputError
        It is damaged, or another's.
    """
    _of(version, signature_statement(folder))


def registered(version: str) -> ModelVersion:
    """Give a registered model.

    Raises
    ------
    InvalidInputError
        There is none of this version.
    """
    stored = ModelVersion.objects.filter(pk=version).first()
    if stored is None:
        remedy = "'mimawari models list' shows what is registered"
        raise InvalidInputError(FieldProblem("model", f"{version!r} is not registered", remedy))
    return stored


def _of(version: str, statement: Statement) -> Statement:
    """Refuse a folder that is another model's: its name is its hash."""
    actual = statement.subject[0].name
    if actual != version:
        problem, remedy = f"holds {actual}", "restore the artifact store from a back-up"
        raise InvalidInputError(FieldProblem(version, problem, remedy))
    return statement
