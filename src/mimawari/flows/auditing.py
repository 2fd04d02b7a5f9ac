"""What a trained model is worth for sellers it has not seen, as `mimawari evaluate` measures it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from mimawari.detectors.gbdt import artifact
from mimawari.detectors.gbdt.training import Settings
from mimawari.detectors.sealed import read_manifest
from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.evaluation.choosing.compare import RULES
from mimawari.evaluation.choosing.prepare import capacity_of
from mimawari.evaluation.choosing.run import Contest
from mimawari.flows.later import later
from mimawari.flows.measured import Measured
from mimawari.flows.records import Audit, AuditedKind
from mimawari.flows.trained import AUDIT, noted, trained_before
from mimawari.flows.training import task_of
from mimawari.records.lineage import Lineage

if TYPE_CHECKING:
    from pathlib import Path

    from mimawari.evaluation.choosing.compare import Entry
    from mimawari.evaluation.choosing.task import Task
    from mimawari.flows.records import Later, Request
    from mimawari.flows.run_folder import RunFolder
    from mimawari.flows.snapshot import Snapshot


def audit_topic(run: RunFolder, request: Request, snapshot: Snapshot, topic: str) -> Audit:
    """Measure what a run trained: with sellers held out, and on listings of later days.

    An audit of the same model that is there already is given again.

    Raises
    ------
    InvalidInputError
        The run has no model of the topic, or it is damaged.
    """
    trained = trained_before(run, topic)
    if trained is None:
        problem, remedy = "has no model in this run", "see why its training failed"
        raise InvalidInputError(FieldProblem(topic, problem, remedy))
    known = noted(run, topic, AUDIT, Audit)
    if known is not None and known.model == trained.model:
        return known
    kind = kind_of(run.model(topic))
    task = as_decided(task_of(run, request, snapshot, topic, (kind,)), run.model(topic))
    kinds = (RULES, kind) if task.rules is not None else (kind,)
    comparison = Contest(task).compare(kinds, request.settings.capacity or capacity_of(task))
    figures, reason = _later(task, kind)
    audit = Audit(
        topic=topic,
        model=trained.model,
        kinds=tuple(map(_kept, comparison.entries)),
        k=comparison.k,
        folds=comparison.folds,
        sellers=comparison.sellers,
        why=comparison.why,
        later=figures,
        no_later=reason,
    )
    run.write(f"topics/{topic}/{AUDIT}", audit)
    return audit


def _kept(entry: Entry) -> AuditedKind:
    figures = (entry.average, entry.precision, entry.recall, entry.auprc)
    average, precision, recall, auprc = map(Measured.of, figures)
    return AuditedKind(
        name=entry.name, average=average, precision=precision, recall=recall, auprc=auprc
    )


def kind_of(model: Path) -> str:
    """Name the kind of a trained model as `mimawari train --algorithm` does."""
    manifest, _ = read_manifest(model)
    settings = Lineage.of(manifest.lineage).settings or {}
    if manifest.kind != artifact.KIND or settings.get("with_trees", True):
        return manifest.kind
    return "linear" if settings.get("choose_text", True) else "tfidf"


def as_decided(task: Task, model: Path) -> Task:
    """Give the task with what a model's training decided on all rows: its text score and copies.

    To decide both anew in each fold takes five times as long, and they are choices among a few.
    """
    manifest, _ = read_manifest(model)
    settings = Lineage.of(manifest.lineage).settings
    if manifest.kind != artifact.KIND or settings is None:
        return task
    decided = msgspec.convert(settings, Settings)
    decided = msgspec.structs.replace(decided, choose_text=False, choose_copies=False)
    return replace(task, settings=msgspec.structs.replace(task.settings, gbdt=decided))


def _later(task: Task, kind: str) -> tuple[Later | None, str]:
    try:
        return later(task, kind), ""
    except InvalidInputError as error:
        return None, str(error)
