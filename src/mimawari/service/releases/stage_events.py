"""What the ledger is told of measurements, gate files and stages."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from mimawari.records.event import register
from mimawari.records.measured import decode_measured
from mimawari.service.audit.rows import compare_rows
from mimawari.service.catalogue.event_kinds import json_hash
from mimawari.service.releases.stage_models import (
    GateFile,
    Measurement,
    Release,
    ReleaseAnswer,
    ReleaseRequest,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


class MeasurementDetails(msgspec.Struct, frozen=True):
    """Of which model, from where, and the SHA-256 of what was measured."""

    model: str
    source: str
    measured: str
    at: datetime
    actor: str


class GateFileDetails(msgspec.Struct, frozen=True):
    """The SHA-256 of a gate file's text."""

    sha256: str
    at: datetime
    actor: str
    reason: str


class ReleaseRequestDetails(msgspec.Struct, frozen=True):
    """Who wants which model where."""

    model: str
    topic: str
    stage: str
    share: float
    override: str
    at: datetime
    actor: str
    account: str
    reason: str


class ReleaseAnswerDetails(msgspec.Struct, frozen=True):
    """What a second person said."""

    request: int
    approved: bool
    at: datetime
    actor: str
    reason: str


class ReleaseDetails(msgspec.Struct, frozen=True):
    """Which model entered which stage, and the SHA-256 of what the gates said."""

    model: str
    topic: str
    stage: str
    generation: int | None
    gates: str
    findings: str
    override: str
    back: bool
    request: int | None
    at: datetime
    actor: str
    reason: str


MEASUREMENT = register("measurement", MeasurementDetails, "releases.Measurement")
GATE_FILE = register("gate_file", GateFileDetails, "releases.GateFile")
REQUEST = register("release_request", ReleaseRequestDetails, "releases.ReleaseRequest")
ANSWER = register("release_answer", ReleaseAnswerDetails, "releases.ReleaseAnswer")
RELEASE = register("release", ReleaseDetails, "releases.Release")


def measurement_details(row: Measurement) -> MeasurementDetails:
    """Say what a measurement's event says."""
    kept = decode_measured(msgspec.json.encode(row.measured))  # as it is read again: 0 is 0.0
    measured = json_hash(msgspec.to_builtins(kept))
    return MeasurementDetails(row.model, row.measured.source, measured, row.at, row.actor)


def gate_file_details(row: GateFile) -> GateFileDetails:
    """Say what a gate file's event says."""
    return GateFileDetails(row.sha256, row.at, row.actor, row.reason)


def request_details(row: ReleaseRequest) -> ReleaseRequestDetails:
    """Say what a request's event says."""
    return ReleaseRequestDetails(
        model=row.model,
        topic=row.topic,
        stage=row.stage,
        share=row.share,
        override=row.override,
        at=row.at,
        actor=row.actor,
        account=row.account,
        reason=row.reason,
    )


def answer_details(row: ReleaseAnswer) -> ReleaseAnswerDetails:
    """Say what an answer's event says."""
    return ReleaseAnswerDetails(row.request_id, row.approved, row.at, row.actor, row.reason)


def release_details(row: Release) -> ReleaseDetails:
    """Say what a release's event says."""
    return ReleaseDetails(
        model=row.model,
        topic=row.topic,
        stage=row.stage,
        generation=row.generation_id,
        gates=row.gates,
        findings=json_hash(row.findings),
        override=row.override,
        back=row.back,
        request=row.request_id,
        at=row.at,
        actor=row.actor,
        reason=row.reason,
    )


def _measurements() -> Iterator[tuple[str, MeasurementDetails]]:
    for row in Measurement.objects.order_by("pk").iterator():
        yield str(row.pk), measurement_details(row)


def _gate_files() -> Iterator[tuple[str, GateFileDetails]]:
    for row in GateFile.objects.order_by("pk").iterator():
        yield str(row.pk), gate_file_details(row)


def _requests() -> Iterator[tuple[str, ReleaseRequestDetails]]:
    for row in ReleaseRequest.objects.order_by("pk").iterator():
        yield str(row.pk), request_details(row)


def _answers() -> Iterator[tuple[str, ReleaseAnswerDetails]]:
    for row in ReleaseAnswer.objects.order_by("pk").iterator():
        yield str(row.pk), answer_details(row)


def _releases() -> Iterator[tuple[str, ReleaseDetails]]:
    for row in Release.objects.order_by("pk").iterator():
        yield str(row.pk), release_details(row)


compare_rows("releases.Measurement", _measurements)
compare_rows("releases.GateFile", _gate_files)
compare_rows("releases.ReleaseRequest", _requests)
compare_rows("releases.ReleaseAnswer", _answers)
compare_rows("releases.Release", _releases)
