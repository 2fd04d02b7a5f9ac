"""Runs on record: begun, taken up again, stopped, ended, each with its event."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

import msgspec
from django.db import transaction

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.flows.launch import FLOWS, require_metaflow
from mimawari.service.accounts.authority import require
from mimawari.service.accounts.permissions import Permission
from mimawari.service.audit.record import record
from mimawari.service.flows import holds
from mimawari.service.flows.artifacts import note_made, note_read
from mimawari.service.flows.event_kinds import (
    FLOW_RUN,
    FLOW_RUN_ENDED,
    FlowRunDetails,
    FlowRunEnd,
)
from mimawari.service.flows.models import FlowRun, Outcome, RunState
from mimawari.service.platform import clock
from mimawari.service.platform.hosts import here
from mimawari.service.releases.activating import manifest_in_force, require_topic
from mimawari.suggestions import nearest

if TYPE_CHECKING:
    from mimawari.flows.progress import Progress
    from mimawari.flows.records import Request
    from mimawari.records.principal import Principal


def begin(flow: str, request: Request, actor: Principal, reason: str) -> FlowRun:
    """Note a new run of this process, which has its flow and topics to itself from now on.

    Parameters
    ----------
    request
        Its ``run`` and ``at`` are filled in here.

    Raises
    ------
    InvalidInputError
        There is no such flow, a topic is not in force, no reason is given, or another run holds
        one of the topics.
    ForbiddenError
        The actor may not train models of these topics.
    """
    require_metaflow()
    _refuse(flow, request, reason)
    require(actor, Permission.MODELS, *request.topics)
    now = clock.database_now()
    name = f"{flow}-{secrets.token_hex(6)}"
    request = msgspec.structs.replace(request, run=name, at=now, by=actor.name)
    run = FlowRun(
        id=name, flow=flow, request=request, state=RunState.RUNNING, actor=actor.name,
        reason=reason.strip(), started_at=now, host=here(), pid=os.getpid(), beat_at=now,
        outcome=Outcome(),
    )  # fmt: skip
    with transaction.atomic():
        run.save(force_insert=True)
        note_read(run)
        holds.take(run)
        _note_begin(run, actor, resumed=False)
    return run


def take_up(name: str, actor: Principal) -> tuple[FlowRun, str]:
    """Have this process go on with a run; gives it and how it stood.

    Raises
    ------
    InvalidInputError
        There is none of this name, it runs, it succeeded or its files were pruned; or another
        run holds one of its topics.
    """
    require_metaflow()
    with transaction.atomic():
        run = _locked(name)
        require(actor, Permission.MODELS, *run.request.topics)
        stood = holds.state_of(run)
        _refuse_to_take_up(run, stood)
        run.state, run.ended_at = RunState.RUNNING, None
        run.host, run.pid, run.beat_at = here(), os.getpid(), clock.database_now()
        run.save()
        holds.take(run)
        _note_begin(run, actor, resumed=True)
    return run, stood


def beat(run: FlowRun, metaflow_run: str | None, progress: Progress | None = None) -> bool:
    """Say that a run goes on, how far, and what Metaflow calls it; False: somebody stopped it."""
    with transaction.atomic():
        row = FlowRun.objects.select_for_update().get(pk=run.pk)
        if row.state != RunState.RUNNING or row.pid != os.getpid():
            return False
        if metaflow_run is not None and metaflow_run not in row.metaflow_runs:
            row.metaflow_runs = [*row.metaflow_runs, metaflow_run]
        row.progress = progress or row.progress
        row.beat_at = clock.database_now()
        row.save(update_fields=("metaflow_runs", "beat_at", "progress"))
    run.metaflow_runs = row.metaflow_runs
    return True


def stop(name: str, actor: Principal, reason: str) -> FlowRun:
    """End a run; the process that runs it notices within seconds. It can be resumed.

    Raises
    ------
    InvalidInputError
        There is none of this name, it ended already, or no reason is given.
    """
    if not reason.strip():
        raise InvalidInputError(FieldProblem("reason", "is empty", "say why; the ledger keeps it"))
    with transaction.atomic():
        run = _locked(name)
        require(actor, Permission.MODELS, *run.request.topics)
        if run.state != RunState.RUNNING:
            problem, remedy = f"has {run.state} already", "see 'mimawari flow list'"
            raise InvalidInputError(FieldProblem(name, problem, remedy))
        end(run, RunState.STOPPED, run.outcome, actor, reason.strip())
    return run


def end(
    run: FlowRun, state: RunState, outcome: Outcome, actor: Principal, reason: str = ""
) -> None:
    """Close a run within the caller's transaction: its topics are free again."""
    run.state, run.outcome, run.ended_at = state, outcome, clock.database_now()
    run.save(update_fields=("state", "outcome", "ended_at"))
    run.holds.all().delete()
    note_made(run, outcome.models.values())
    details = FlowRunEnd(run.flow, state, outcome.models, outcome.manifests, outcome.problems)
    record(FLOW_RUN_ENDED, run.pk, actor, details, reason)


def by_name(name: str) -> FlowRun:
    """Give a run.

    Raises
    ------
    InvalidInputError
        There is none of this name.
    """
    run = FlowRun.objects.filter(pk=name).first()
    if run is None:
        near = nearest(name, set(FlowRun.objects.values_list("pk", flat=True)))
        remedy = f"did you mean {near}?" if near else "mimawari flow list shows runs"
        raise InvalidInputError(FieldProblem("run", f"{name!r} is not there", remedy))
    return run


def _locked(name: str) -> FlowRun:
    by_name(name)
    return FlowRun.objects.select_for_update().get(pk=name)


def _note_begin(run: FlowRun, actor: Principal, resumed: bool) -> None:
    request = run.request
    days = tuple(f"{day.day} {day.sent}" for day in request.days)
    details = FlowRunDetails(run.flow, request.topics, request.data_set, resumed, days)
    record(FLOW_RUN, run.pk, actor, details, "" if resumed else run.reason)


def _refuse(flow: str, request: Request, reason: str) -> None:
    if flow not in FLOWS:
        raise InvalidInputError(FieldProblem("flow", f"is {flow}", f"use {', '.join(FLOWS)}"))
    if not request.topics:
        raise InvalidInputError(FieldProblem("topic", "is missing", "give --topic NAME"))
    if not reason.strip():
        raise InvalidInputError(FieldProblem("reason", "is empty", "say why; the ledger keeps it"))
    for topic in request.topics:
        require_topic(manifest_in_force(), topic)


def _refuse_to_take_up(run: FlowRun, stood: str) -> None:
    if stood == RunState.RUNNING:
        who = f"process {run.pid}@{run.host}"
        problem, remedy = f"is run by {who}", f"wait, or: mimawari flow stop {run.pk}"
        raise InvalidInputError(FieldProblem(run.pk, problem, remedy))
    if stood == RunState.SUCCEEDED:
        remedy = "start a new one for topics that failed"
        raise InvalidInputError(FieldProblem(run.pk, "has succeeded already", remedy))
    if run.pruned_at is not None:
        problem = f"was pruned on {run.pruned_at:%Y-%m-%d}: its files are gone"
        raise InvalidInputError(FieldProblem(run.pk, problem, "start a new one"))
