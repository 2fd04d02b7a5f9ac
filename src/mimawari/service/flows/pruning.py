"""Files of old runs are removed; who ran what and what came of it stays on record."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from mimawari.flows.launch import FLOWS, Launch
from mimawari.flows.sweep import remove_run, sweep
from mimawari.service.accounts.authority import require
from mimawari.service.accounts.permissions import Permission
from mimawari.service.audit.record import record
from mimawari.service.catalogue.models import ModelVersion
from mimawari.service.flows import exporting, holds
from mimawari.service.flows.event_kinds import FLOW_RUNS_PRUNED, PruneDetails
from mimawari.service.flows.executing import in_use
from mimawari.service.flows.models import FlowRun, RunState
from mimawari.service.platform import clock

if TYPE_CHECKING:
    from datetime import datetime

    from mimawari.records.principal import Principal


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was removed: runs by name, and bytes of artifacts that no run refers to any more.

    ``kept`` are old runs that registered models came from.
    """

    runs: tuple[str, ...]
    kept: tuple[str, ...]
    artifact_bytes: int = 0


def prune(before: datetime, actor: Principal, dry_run: bool = False) -> Pruned:
    """Remove the files of runs that began before a time, and that no registered model names.

    Stopped at any moment it may be called again.

    Raises
    ------
    InvalidInputError
        A run is going on.
    ForbiddenError
        The actor may not manage models.
    """
    require(actor, Permission.MODELS)
    with in_use(exporting.root(), alone=True):
        old = FlowRun.objects.filter(started_at__lt=before, pruned_at=None).order_by("started_at")
        over = [run for run in old if holds.state_of(run) != RunState.RUNNING]
        named = set(ModelVersion.objects.values_list("lineage__flow_run", flat=True))
        kept = tuple(run.pk for run in over if run.pk in named)
        to_remove = [run for run in over if run.pk not in named]
        removed = tuple(run.pk for run in to_remove)
        if dry_run or not removed:
            return Pruned(removed, kept)
        for run in to_remove:
            _remove(run)
        swept = sum(sweep(exporting.root(), name) for name in FLOWS.values())
        _note(to_remove, actor)
    return Pruned(removed, kept, swept)


def _remove(run: FlowRun) -> None:
    folder = exporting.folder_of(run)
    last = Launch(run.flow, folder, exporting.root()).metaflow_run
    for metaflow_run in {*run.metaflow_runs, *([last] if last else [])}:
        remove_run(exporting.root(), FLOWS[run.flow], metaflow_run)
    shutil.rmtree(folder.path, ignore_errors=True)


def _note(pruned: list[FlowRun], actor: Principal) -> None:
    with transaction.atomic():
        names = [run.pk for run in pruned]
        FlowRun.objects.filter(pk__in=names).update(pruned_at=clock.database_now())
        record(FLOW_RUNS_PRUNED, len(names), actor, PruneDetails(tuple(names)))
