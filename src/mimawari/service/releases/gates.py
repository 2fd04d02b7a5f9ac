"""The gate file in force, and what it says of a model by all that was measured of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.evaluation.gates import (
    Finding,
    GatePolicy,
    Known,
    Stage,
    Standing,
    check,
    default_text,
    parse_policy,
)
from mimawari.service.accounts.authority import require
from mimawari.service.accounts.permissions import Permission
from mimawari.service.audit.record import record
from mimawari.service.platform import clock
from mimawari.service.releases import stage_events
from mimawari.service.releases.models import GateFile, Measurement, Release

if TYPE_CHECKING:
    from mimawari.records.measured import Measured
    from mimawari.records.principal import Principal

MOST_MEASUREMENTS = 200


@dataclass(frozen=True, slots=True)
class GateText:
    """A gate file's text and its hash."""

    text: str
    sha256: str


@dataclass(frozen=True, slots=True)
class GatesInForce:
    """The gates, and the hash of the file that they are read from."""

    policy: GatePolicy
    sha256: str


def text_in_force() -> GateText:
    """Give the newest gate file; the package's where nobody put one in force.

    Unread: a later version of the program may have put it in force, which stops no way back.
    """
    newest = GateFile.objects.order_by("-pk").first()
    text = default_text() if newest is None else newest.text
    return GateText(text, _sha256(text))


def gates_in_force() -> GatesInForce:
    """Read the gate file in force."""
    newest = text_in_force()
    return GatesInForce(parse_policy(newest.text), newest.sha256)


def activate_gates(text: str, name: str, actor: Principal, reason: str) -> str:
    """Check a gate file and put it in force; gives its hash.

    Raises
    ------
    InvalidInputError
        With all that is wrong with it; then nothing changes.
    """
    require(actor, Permission.POLICY)
    parse_policy(text, name)
    with transaction.atomic():
        row = GateFile.objects.create(
            text=text,
            sha256=_sha256(text),
            at=clock.database_now(),
            actor=actor.name,
            reason=reason,
        )
        details = stage_events.gate_file_details(row)
        record(stage_events.GATE_FILE, row.pk, actor, details, reason)
    return row.sha256


def keep_measured(model: str, measured: Measured, actor: Principal) -> Measurement:
    """Keep what was measured of a model: the newest figure of each measure counts."""
    with transaction.atomic():
        row = Measurement.objects.create(
            model=model, at=clock.database_now(), actor=actor.name, measured=measured
        )
        details = stage_events.measurement_details(row)
        record(stage_events.MEASUREMENT, row.pk, actor, details)
    return row


def standing(model: str, topic: str, champion: str | None) -> Standing:
    """Give what is known of a model that asks for a stage of its topic."""
    return Standing(
        topic=topic,
        champion=champion or "",
        reached=reached(model),
        figures=figures(model),
        now=clock.database_now(),
    )


def findings(gates: GatesInForce, known: Standing, stage: Stage) -> tuple[Finding, ...]:
    """Hold the gates on the way to a stage against what is known of a model."""
    return check(gates.policy, stage, known)


def reached(model: str) -> dict[Stage, str]:
    """Give the stages that a model entered, with who let it pass where that was by override."""
    rows = Release.objects.filter(model=model, back=False).order_by("pk")
    return {
        Stage(stage): f"{actor}: {override}" if override else ""
        for stage, actor, override in rows.values_list("stage", "actor", "override")
    }


def figures(model: str) -> dict[str, Known]:
    """Give the newest figure of each measure of a model."""
    rows = Measurement.objects.filter(model=model).order_by("-pk")[:MOST_MEASUREMENTS]
    return {
        figure.measure: Known(figure, row.at)
        for row in reversed(list(rows))
        for figure in row.measured.figures
    }


def refusal(stage: Stage, failed: tuple[Finding, ...]) -> InvalidInputError:
    """Make the error that names every gate which a model does not pass."""
    problems = [
        FieldProblem(f"{finding.stage}.{finding.gate}", finding.statement, finding.remedy)
        for finding in failed
    ]
    remedy = "--override WHY lets it pass by your name"
    return InvalidInputError(*problems, FieldProblem("stage", f"{stage} is not open to it", remedy))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
