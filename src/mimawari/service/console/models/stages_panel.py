"""What the page of a model says of its stages: those it entered, its figures, what is open now."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from mimawari.evaluation.gates import Stage
from mimawari.evaluation.validation.report import figure_cells
from mimawari.service.accounts.permissions import Permission
from mimawari.service.console.models.gate_words import finding_text, measure_text, stage_text
from mimawari.service.releases import gates
from mimawari.service.releases.approving import open_requests
from mimawari.service.releases.models import Release

if TYPE_CHECKING:
    from mimawari.evaluation.gates import Finding
    from mimawari.service.accounts.permissions import Authority
    from mimawari.service.catalogue.models import ModelVersion

OFFERED = (Stage.SHADOW, Stage.CANARY, Stage.CHAMPION)
"""Stages that somebody may let a model enter from the page."""
MOST = 100


class ReleaseRow(msgspec.Struct, frozen=True, kw_only=True):
    """A stage that was entered."""

    at: datetime
    stage: str
    text: str
    back: bool
    by: str
    reason: str
    override: str


class FigureRow(msgspec.Struct, frozen=True, kw_only=True):
    """A figure with its interval, as texts."""

    name: str
    value: str
    interval: str
    over: str
    about: str
    at: datetime


class Open(msgspec.Struct, frozen=True, kw_only=True):
    """A stage and what still closes it."""

    stage: str
    text: str
    persons: int
    closed_by: list[str]


class RequestRow(msgspec.Struct, frozen=True, kw_only=True):
    """A request that waits for a second person."""

    number: int
    text: str
    by: str
    reason: str
    override: str


class StagesPanel(msgspec.Struct, frozen=True, kw_only=True):
    """The stages of one model; ``may_change`` says whether who looks may release."""

    releases: list[ReleaseRow]
    figures: list[FigureRow]
    open: list[Open]
    requests: list[RequestRow]
    retired: bool
    is_champion: bool
    is_deployed: bool
    may_change: bool


def stages_panel(
    model: ModelVersion, slot: str, champion: str | None, authority: Authority
) -> StagesPanel:
    """Gather them.

    Parameters
    ----------
    slot
        The model's now; ``none`` where it has none.
    champion
        The model in force for its topic.
    """
    rows = list(Release.objects.filter(model=model.pk).order_by("-pk")[:MOST])
    return StagesPanel(
        releases=[_row(row) for row in rows],
        figures=_figures(model.pk),
        open=_open(model, slot, champion),
        requests=_requests(model.pk),
        retired=any(row.stage == Stage.RETIRED for row in rows),
        is_champion=champion == model.pk,
        is_deployed=slot != "none",
        may_change=authority.may(Permission.MODELS),
    )


def _row(row: Release) -> ReleaseRow:
    return ReleaseRow(
        at=row.at,
        stage=row.stage,
        text=stage_text(row.stage),
        back=row.back,
        by=row.actor,
        reason=row.reason,
        override=row.override,
    )


def _figures(version: str) -> list[FigureRow]:
    rows = []
    for measure, known in gates.figures(version).items():
        _, value, interval, over, about = figure_cells(known.figure)
        rows.append(
            FigureRow(
                name=measure_text(measure),
                value=value,
                interval=interval,
                over=over,
                about=about,
                at=known.at,
            )
        )
    return rows


def _open(model: ModelVersion, slot: str, champion: str | None) -> list[Open]:
    in_force = gates.gates_in_force()
    standing = gates.standing(model.pk, model.topic, champion)
    stages = []
    for stage in OFFERED:
        if stage.value == slot:
            continue
        findings = gates.findings(in_force, standing, stage)
        stages.append(
            Open(
                stage=stage.value,
                text=stage_text(stage),
                persons=in_force.policy.entry(model.topic, stage).persons,
                closed_by=_closing(findings),
            )
        )
    return stages


def _closing(findings: tuple[Finding, ...]) -> list[str]:
    failed = (finding for finding in findings if not finding.passed)
    return list(dict.fromkeys(finding_text(finding) for finding in failed))


def _requests(version: str) -> list[RequestRow]:
    return [
        RequestRow(
            number=row.pk,
            text=stage_text(row.stage),
            by=row.actor,
            reason=row.reason,
            override=row.override,
        )
        for row in open_requests(version)
    ]
