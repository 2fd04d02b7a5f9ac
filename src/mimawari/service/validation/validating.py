"""Measure a model, keep what was measured, and say whether it is validated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db import transaction

from mimawari.errors import InvalidInputError
from mimawari.evaluation.gates import Finding, Stage
from mimawari.evaluation.validation import fresh
from mimawari.evaluation.validation.edge_cases import MEASURED
from mimawari.evaluation.validation.hiding import recall_kept
from mimawari.evaluation.validation.trying import recall_after_tries
from mimawari.evaluation.validation.unseen import figures_of
from mimawari.records.lineage import Lineage
from mimawari.records.measured import Measured, Source
from mimawari.service.accounts.authority import require
from mimawari.service.accounts.permissions import Permission
from mimawari.service.catalogue.artifacts import artifacts
from mimawari.service.catalogue.models import ModelVersion
from mimawari.service.releases import gates, generations
from mimawari.service.releases.activating import manifest_in_force, require_topic
from mimawari.service.releases.stages import note_stage, topic_of
from mimawari.service.validation.edge_cases import on_edge_cases
from mimawari.service.validation.recent import alert_overlap, in_force, replay
from mimawari.service.validation.shadow import in_shadow
from mimawari.service.validation.unseen import labels_for, unseen_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from mimawari.detectors.loading import Model
    from mimawari.records.manifest import Manifest
    from mimawari.records.principal import Principal

    Progress = Callable[[str, int, int], None]

LABELLED = (
    *("labels", "auprc", "auprc_gain", "worth_over_rules", "calibration_error"),
    *("worst_slice", "false_alarm_ratio", "recall_moved", "recall_kept", "recall_after_tries"),
)


class Validation(msgspec.Struct, frozen=True):
    """What was measured, what the gates say of it, and whether the model is validated now."""

    model: str
    measured: Measured
    findings: tuple[Finding, ...]
    passed: bool


def silent(_what: str, _done: int, _of: int) -> None:
    """Tell nobody."""


def validate(
    version: str, actor: Principal, data_set: str | None = None, progress: Progress = silent
) -> Validation:
    """Measure a registered model by all that is known, and keep it.

    In a fresh process: whether it loads, says what it said where it was trained, its time and
    memory. On labels that it has not learnt from: see `figures_of`, `recall_kept` and
    `recall_after_tries`. On the last listings: how far its list is the champion's.

    Parameters
    ----------
    data_set
        Labels to judge it by, of a version or the newest of a name; what is known now by default.

    Raises
    ------
    InvalidInputError
        The model is not registered, or the data set is not there.
    """
    topic = topic_of(version)
    require(actor, Permission.MODELS, topic)
    measured = _technical(version, progress)
    if not _broken(measured):
        measured = _joined(measured, _on_listings(version, topic, actor, data_set, progress))
    with transaction.atomic():
        gates.keep_measured(version, measured, actor)
        beside = in_shadow(version, topic)
        if beside is not None:
            gates.keep_measured(version, beside, actor)
        passed = note_stage(version, topic, Stage.VALIDATED, actor, "validated")
    return Validation(version, measured, _findings(version, topic), passed)


def validate_alone(version: str, actor: Principal) -> Validation:
    """Measure only what needs no labels: seconds, as a model is registered."""
    topic = topic_of(version)
    require(actor, Permission.MODELS, topic)
    measured = _technical(version, silent)
    with transaction.atomic():
        gates.keep_measured(version, measured, actor)
        passed = note_stage(version, topic, Stage.VALIDATED, actor, "loads, and scores the same")
    return Validation(version, measured, _findings(version, topic), passed)


def _findings(version: str, topic: str) -> tuple[Finding, ...]:
    champion = require_topic(manifest_in_force(), topic).champion
    known = gates.standing(version, topic, champion)
    return gates.findings(gates.gates_in_force(), known, Stage.VALIDATED)


def _technical(version: str, progress: Progress) -> Measured:
    progress("loading it in a fresh process", 0, 1)
    trial = fresh.try_fresh(artifacts().folder(f"models/{version}"), version)
    figures, absent = fresh.figures_of(trial)
    return Measured(source=Source.VALIDATION, figures=tuple(figures), absent=absent)


def _broken(measured: Measured) -> bool:
    return not any(figure.measure == "milliseconds" for figure in measured.figures)


def _on_listings(
    version: str, topic: str, actor: Principal, data_set: str | None, progress: Progress
) -> Measured:
    model = generations.load_model(version)
    manifest = manifest_in_force()
    entry = require_topic(manifest, topic)
    try:
        served = in_force(manifest, topic)
    except InvalidInputError as error:  # one that is damaged must not keep its successor out
        why_not = f"what is in force does not load: {error.problems[0]}"
        return Measured(
            source=Source.VALIDATION,
            absent=dict.fromkeys((*LABELLED, "alert_overlap", *MEASURED), why_not),
        )
    labelled = _on_labels(version, model, manifest, actor, data_set, progress)
    last = replay(model, served, entry.capacity, progress)
    against = entry.champion or ""
    replayed = Measured(
        source=Source.VALIDATION,
        figures=() if last is None else (alert_overlap(last, against),),
        absent={"alert_overlap": "nothing was listed yet"} if last is None else {},
    )
    progress("trying it on the edge cases", 0, 1)
    tried = on_edge_cases(topic, _lineage(version), (model, served), last, against)
    return _joined(_joined(labelled, replayed), tried)


def _lineage(version: str) -> Lineage:
    return Lineage.of(ModelVersion.objects.get(pk=version).lineage)


def _on_labels(
    version: str,
    model: Model,
    manifest: Manifest,
    actor: Principal,
    data_set: str | None,
    progress: Progress,
) -> Measured:
    stored = ModelVersion.objects.get(pk=version)
    progress("reading labels that it has not learnt from", 0, 1)
    labels, why_not = labels_for(stored, data_set, actor)
    if labels is None:
        return Measured(source=Source.VALIDATION, absent=dict.fromkeys(LABELLED, why_not))
    progress(f"measuring on {len(labels.rows.y):,} labels", 0, 1)
    unseen = unseen_of(labels, model, manifest)
    figures, tables = figures_of(unseen)
    progress("disguising its violations", 0, 1)
    kept, table = recall_kept(labels.rows, model, unseen.model)
    progress("trying as sellers would who want to stay", 0, 1)
    tried = recall_after_tries(labels.rows, model, unseen.model)
    return Measured(
        source=Source.VALIDATION,
        figures=(*figures, kept, tried),
        facts={"data set": labels.data_set, "learnt": _learnt(stored), "alerts": str(unseen.k)},
        tables=(*tables, table),
    )


def _learnt(stored: ModelVersion) -> str:
    lineage = Lineage.of(stored.lineage)
    return lineage.data_set or f"labels until {lineage.labels_until}"


def _joined(first: Measured, second: Measured) -> Measured:
    return Measured(
        source=first.source,
        figures=first.figures + second.figures,
        facts=first.facts | second.facts,
        absent=first.absent | second.absent,
        tables=first.tables + second.tables,
    )
