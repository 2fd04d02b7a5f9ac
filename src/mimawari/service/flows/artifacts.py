"""What runs read and gave, on record both ways: the artifacts of a run, the runs of an artifact."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.service.flows.models import ArtifactKind, FlowArtifact, FlowRun

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet


def note_read(run: FlowRun) -> None:
    """Note what a run reads, within the caller's transaction."""
    request = run.request
    models = {*request.models.values(), *request.served.champions.values()}
    _note(run, ArtifactKind.MODEL, models)
    _note(run, ArtifactKind.DATA_SET, filter(None, [request.data_set]))
    _note(run, ArtifactKind.DAY, (str(day.day) for day in request.days))


def note_made(run: FlowRun, models: Iterable[str]) -> None:
    """Note the models that a run gave, within the caller's transaction."""
    made = set(models) - set(run.request.models.values())
    _note(run, ArtifactKind.MODEL, made, made=True)


def runs_of(kind: ArtifactKind, name: str) -> QuerySet[FlowRun]:
    """Give the runs that read or gave something, the newest first."""
    runs = FlowRun.objects.filter(artifacts__kind=kind, artifacts__name=name)
    return runs.order_by("-started_at", "-pk")


def _note(run: FlowRun, kind: ArtifactKind, names: Iterable[str], made: bool = False) -> None:
    rows = [FlowArtifact(run=run, kind=kind, name=name, made=made) for name in sorted(names)]
    FlowArtifact.objects.bulk_create(rows, ignore_conflicts=True)
