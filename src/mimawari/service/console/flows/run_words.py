"""Flows, states and steps of runs in the user's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mimawari.service.flows.holds import INTERRUPTED, state_of
from mimawari.service.flows.models import RunState

if TYPE_CHECKING:
    from mimawari.service.flows.models import FlowRun

# The styles of states that pages of trials have.
STYLES = {
    RunState.RUNNING.value: "running",
    RunState.SUCCEEDED.value: "promote",
    RunState.FAILED.value: "reject",
    RunState.STOPPED.value: "stopped",
    INTERRUPTED: "undecided",
}


def flow_text(flow: str) -> str:
    """Say what a flow does."""
    return {
        "train": _("training"),
        "audit": _("audit"),
        "retrain": _("retraining"),
        "backtest": _("back-test over history"),
        "select": _("what to label next"),
        "monitor": _("monitoring over history"),
    }.get(flow, flow)


def state_text(state: str) -> str:
    """Say where a run stands."""
    return {
        RunState.RUNNING.value: _("running"),
        RunState.SUCCEEDED.value: _("succeeded"),
        RunState.FAILED.value: _("failed"),
        RunState.STOPPED.value: _("stopped"),
        INTERRUPTED: _("interrupted"),
    }.get(state, state)


def read_text(run: FlowRun) -> str:
    """Say what a run reads: a data set, or days of history."""
    days = sorted(day.day for day in run.request.days)
    if not days:
        return str(run.request.data_set)
    words = {"number": len(days), "first": days[0], "last": days[-1]}
    return (
        ngettext(
            "%(number)s day, %(first)s to %(last)s", "%(number)s days, %(first)s to %(last)s",
            len(days),
        )
        % words
    )  # fmt: skip


def lasted_text(seconds: float) -> str:
    """Write a stretch of time.

    Examples
    --------
    >>> lasted_text(4.26), lasted_text(84), lasted_text(7_260)
    ('4.3 s', '1 min 24 s', '2 h 1 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, left = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {left} s"
    return f"{minutes // 60} h {minutes % 60} min"


def step_text(run: FlowRun) -> str:
    """Say at which step a run is that goes on, or that it is not over."""
    progress = run.progress
    if run.state == RunState.SUCCEEDED or progress is None or not progress.steps:
        return ""
    step = max(progress.steps, key=lambda step: step.last)
    words = {"step": step.name, "done": step.done, "begun": max(1, step.begun - step.failed)}
    return _("%(step)s: %(done)s of %(begun)s tasks") % words


def standing(run: FlowRun) -> tuple[str, str]:
    """Give where a run stands, in words, and the style of that."""
    state = state_of(run)
    return state_text(state), STYLES.get(state, "stopped")
