"""The page that lists runs, and the short lists of them on other pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db.models import Q
from django.utils.http import urlencode

from mimawari.service.accounts.permissions import Permission
from mimawari.service.console.flows.run_words import (
    flow_text,
    lasted_text,
    read_text,
    standing,
    step_text,
)
from mimawari.service.console.topic_titles import titles_in_force
from mimawari.service.flows.artifacts import runs_of
from mimawari.service.flows.models import FlowRun

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from mimawari.service.accounts.permissions import Authority
    from mimawari.service.flows.models import ArtifactKind

MOST, MOST_BESIDE = 50, 20


class RunRow(msgspec.Struct, frozen=True, kw_only=True):
    """A run as a line of a list; ``step`` says where one is that is not over."""

    name: str
    flow: str
    topics: str
    read: str
    state: str
    style: str
    step: str
    lasted: str
    at: datetime
    by: str
    reason: str


class RunsPage(msgspec.Struct, frozen=True):
    """Runs, the newest first; ``older`` is the address of those before."""

    rows: list[RunRow]
    older: str


def runs_page(authority: Authority, before: str) -> RunsPage:
    """Give the newest runs, or those before one, of topics that concern somebody."""
    runs = FlowRun.objects.order_by("-started_at", "-pk")
    last = FlowRun.objects.filter(pk=before).first() if before else None
    if last is not None:
        at = last.started_at
        runs = runs.filter(Q(started_at__lt=at) | Q(started_at=at, pk__lt=last.pk))
    listed = list(runs[: MOST + 1])
    older = f"?{urlencode({'before': listed[MOST - 1].pk})}" if listed[MOST:] else ""
    return RunsPage(rows_of(listed[:MOST], authority), older)


def runs_beside(kind: ArtifactKind, name: str, authority: Authority) -> list[RunRow] | None:
    """Give the newest runs that read or gave something; None where who looks may see none."""
    if not authority.may(Permission.MODELS):
        return None
    return rows_of(runs_of(kind, name)[:MOST_BESIDE], authority)


def concerns(authority: Authority, run: FlowRun) -> bool:
    """Whether all topics of a run concern somebody."""
    return all(authority.concerns(topic) for topic in run.request.topics)


def lasted(run: FlowRun) -> str:
    """Say how long a run took, or has taken so far."""
    end = run.ended_at or max(run.beat_at, run.started_at)
    return lasted_text((end - run.started_at).total_seconds())


def rows_of(runs: Iterable[FlowRun], authority: Authority) -> list[RunRow]:
    """Put runs into words."""
    mine = [run for run in runs if concerns(authority, run)]
    names = titles_in_force() if mine else {}
    return [_row(run, names) for run in mine]


def _row(run: FlowRun, names: dict[str, str]) -> RunRow:
    state, style = standing(run)
    return RunRow(
        name=run.pk,
        flow=flow_text(run.flow),
        topics=", ".join(names.get(topic, topic) for topic in run.request.topics),
        read=read_text(run),
        state=state,
        style=style,
        step=step_text(run),
        lasted=lasted(run),
        at=run.started_at,
        by=run.actor,
        reason=run.reason,
    )
