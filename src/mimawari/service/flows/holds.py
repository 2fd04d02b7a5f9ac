"""One run at a time a flow and topic, by rows that the database keeps unique."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.flows.models import FlowHold, RunState
from mimawari.service.platform import clock
from mimawari.service.platform.heartbeats import LOST_SECONDS
from mimawari.service.platform.hosts import has_ended, here

if TYPE_CHECKING:
    from mimawari.service.flows.models import FlowRun

INTERRUPTED = "interrupted"
STUCK_SECONDS = 600.0


def state_of(run: FlowRun) -> str:
    """Say where a run stands: one whose process is gone is interrupted."""
    if run.state != RunState.RUNNING:
        return run.state
    # Of a process that is seen to be there nothing is heard while it registers what was trained.
    patience = STUCK_SECONDS if run.host == here() else LOST_SECONDS
    silent = run.beat_at < clock.database_now() - timedelta(seconds=patience)
    return INTERRUPTED if silent or has_ended(run.host, run.pid) else run.state


def take(run: FlowRun) -> None:
    """Have a flow and its topics for a run, within the caller's transaction.

    What an interrupted run held is taken from it.

    Raises
    ------
    InvalidInputError
        Another run has one of them: which, and who runs it.
    """
    for topic in sorted(run.request.topics):  # in one order, so that two never wait in a circle
        hold = FlowHold.objects.select_for_update().filter(flow=run.flow, topic=topic).first()
        if hold is not None and hold.run_id == run.pk:
            continue
        if hold is not None:
            if state_of(hold.run) == RunState.RUNNING:
                raise _refused(hold.run, topic)
            hold.delete()
        try:
            with transaction.atomic():
                FlowHold.objects.create(flow=run.flow, topic=topic, run=run)
        except IntegrityError:  # another began in the same moment
            other = FlowHold.objects.filter(flow=run.flow, topic=topic).first()
            raise _refused(other.run if other else run, topic) from None


def _refused(other: FlowRun, topic: str) -> InvalidInputError:
    who = f"by {other.actor} since {other.started_at:%Y-%m-%d %H:%M}"
    problem = f"{other.flow} is run already: {other.pk}, {who}, process {other.pid}@{other.host}"
    remedy = f"wait for its end, or: mimawari flow stop {other.pk}"
    return InvalidInputError(FieldProblem(topic, problem, remedy))
