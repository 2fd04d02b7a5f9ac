"""The page of a run: what was asked for, its steps, what it read and gave, and its card."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.urls import reverse

from mimawari.flows.run_folder import CARD
from mimawari.service.catalogue.models import DataSetVersion, ModelVersion
from mimawari.service.console.addresses import data_set_address
from mimawari.service.console.flat import Row, flat
from mimawari.service.console.flows.run_words import lasted_text
from mimawari.service.console.flows.runs_page import RunRow, rows_of
from mimawari.service.flows.exporting import folder_of
from mimawari.service.flows.models import ArtifactKind, RunState

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from mimawari.service.accounts.permissions import Authority
    from mimawari.service.flows.models import FlowArtifact, FlowRun


class StepRow(msgspec.Struct, frozen=True):
    """A step: its tasks, when the first began, and how long it took so far."""

    name: str
    done: int
    begun: int
    failed: int
    at: datetime
    lasted: str


class ArtifactRow(msgspec.Struct, frozen=True):
    """Something that a run read or gave; the address is empty where it has no page."""

    kind: str
    name: str
    address: str
    made: bool


class RunPage(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is known of a run.

    Parameters
    ----------
    row
        As the list has it.
    settings
        What was asked for, as it is written down.
    deployed
        By topic the generation in which a model is a shadow for the first time.
    card
        Whether its card lies on this host.
    goes_on
        Whether the page is to be looked at again soon.
    can_resume
        Whether a command takes it up again.
    """

    run: FlowRun
    row: RunRow
    settings: list[Row]
    steps: list[StepRow]
    artifacts: list[ArtifactRow]
    problems: dict[str, str]
    deployed: dict[str, int]
    card: bool
    goes_on: bool
    can_resume: bool


def run_page(run: FlowRun, authority: Authority) -> RunPage:
    """Gather everything that is known of a run."""
    (row,) = rows_of([run], authority)
    return RunPage(
        run=run,
        row=row,
        settings=_settings(run),
        steps=_steps(run),
        artifacts=_artifacts(run),
        problems=run.outcome.problems,
        deployed=run.outcome.deployed,
        card=card_of(run) is not None,
        goes_on=row.style == "running",
        can_resume=row.style not in {"running", "promote"} and run.pruned_at is None,
    )


def card_of(run: FlowRun) -> Path | None:
    """Give the card of a run, where it lies on this host."""
    path = folder_of(run).path / CARD
    return path if run.state == RunState.SUCCEEDED and path.is_file() else None


def _settings(run: FlowRun) -> list[Row]:
    request = run.request
    plain = {"shards": request.shards}
    if request.days:
        plain |= {"served": msgspec.to_builtins(request.served)}
    else:
        plain |= msgspec.to_builtins(request.settings)
    return flat(plain)


def _steps(run: FlowRun) -> list[StepRow]:
    steps = run.progress.steps if run.progress else []
    return [
        StepRow(
            step.name, step.done, max(step.done, step.begun - step.failed), step.failed,
            step.first, lasted_text(step.seconds),
        )
        for step in steps
    ]  # fmt: skip


def _artifacts(run: FlowRun) -> list[ArtifactRow]:
    """List models and data sets; days stand in what was asked for."""
    rows = list(run.artifacts.exclude(kind=ArtifactKind.DAY).order_by("made", "kind", "name"))
    names = [row.name for row in rows]
    models = set(ModelVersion.objects.filter(pk__in=names).values_list("pk", flat=True))
    sets = set(DataSetVersion.objects.filter(pk__in=names).values_list("pk", flat=True))
    return [ArtifactRow(row.kind, row.name, _address(row, models, sets), row.made) for row in rows]


def _address(row: FlowArtifact, models: set[str], sets: set[str]) -> str:
    if row.kind == ArtifactKind.MODEL:
        return reverse("console:model", args=[row.name]) if row.name in models else ""
    return data_set_address(row.name) if row.name in sets else ""
