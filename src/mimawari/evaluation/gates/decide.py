"""May a model enter a stage: what a gate file asks, held against what was measured."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from mimawari.evaluation.gates.measures import MEASURES
from mimawari.evaluation.gates.policy import Stage
from mimawari.figures import three_figures
from mimawari.records.measured import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mimawari.evaluation.gates.policy import Gate, GatePolicy

WAYS = {
    Stage.VALIDATED: "mimawari models validate",
    Stage.BACKTESTED: "mimawari backtest start",
    Stage.SHADOW: "mimawari models promote --to shadow",
    Stage.CANARY: "mimawari models promote --to canary",
    Stage.EXPERIMENT: "mimawari experiment start",
    Stage.CHAMPION: "mimawari models promote --to champion",
}
"""How each stage is reached."""


class Known(msgspec.Struct, frozen=True):
    """A figure of a model, and when it was measured."""

    figure: Figure
    at: datetime


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a model when it asks to enter a stage.

    Parameters
    ----------
    topic, champion
        The topic it serves, and the model in force there; empty where rules alone are.
    reached
        Stages it has been in; with who let it pass, where that was against a gate.
    figures
        The newest of each measure.
    """

    topic: str
    champion: str
    reached: dict[Stage, str]
    figures: dict[str, Known]
    now: datetime


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What one gate says of a model.

    Parameters
    ----------
    stage
        Whose gate it is: the one that is entered, or one before it.
    gate
        The measure, or ``after`` where a stage before is asked for.
    """

    stage: str
    gate: str
    passed: bool
    statement: str
    remedy: str = ""


def check(policy: GatePolicy, stage: Stage, standing: Standing) -> tuple[Finding, ...]:
    r"""Hold every gate on the way to a stage against what is known of a model.

    A stage that was reached counts as long as its own gates still hold, or somebody let the
    model pass them by name. A figure against a champion counts as long as that one serves.

    Examples
    --------
    >>> from datetime import UTC
    >>> from mimawari.evaluation.gates.policy import parse_policy
    >>> policy = parse_policy("[stages.shadow.gates]\nauprc = { at_least = 0.5 }")
    >>> known = Known(Figure(measure="auprc", value=0.4), datetime(2026, 1, 1, tzinfo=UTC))
    >>> standing = Standing(topic="weapons", champion="", reached={}, figures={"auprc": known},
    ...                     now=known.at)
    >>> [finding.statement for finding in check(policy, Stage.SHADOW, standing)]
    ['auprc is 0.4, at least 0.5 is asked']
    """
    return tuple(dict.fromkeys(_findings(policy, stage, standing)))  # each gate once


def _findings(policy: GatePolicy, stage: Stage, standing: Standing) -> Iterator[Finding]:
    entry = policy.entry(standing.topic, stage)
    for before in entry.after:
        yield from _of_stage_before(policy, stage, Stage(before), standing)
    if entry.after_one_of:
        ways = [
            tuple(_of_stage_before(policy, stage, Stage(before), standing))
            for before in entry.after_one_of
        ]
        yield from min(ways, key=_distance)
    for measure, gate in entry.gates.items():
        yield _of_gate(stage, measure, gate, standing)


def _distance(way: tuple[Finding, ...]) -> tuple[int, int]:
    """Order ways to a stage: the one with the least left first, then the one gone furthest."""
    passed = sum(finding.passed for finding in way)
    return len(way) - passed, -passed


def _of_stage_before(
    policy: GatePolicy, stage: Stage, before: Stage, standing: Standing
) -> Iterator[Finding]:
    """Ask for a stage that comes before, and that its gates still hold."""
    let_pass = standing.reached.get(before)
    if let_pass is None:
        statement = f"has not been {before.value}" if _is_deed(before) else f"was no {before.value}"
        yield Finding(
            stage=stage, gate="after", passed=False, statement=statement, remedy=WAYS[before]
        )
    elif let_pass:
        statement = f"{before.value}: let pass by {let_pass}"
        yield Finding(stage=stage, gate="after", passed=True, statement=statement)
    else:
        yield Finding(stage=stage, gate="after", passed=True, statement=before.value)
        yield from _findings(policy, before, standing)


def _is_deed(stage: Stage) -> bool:
    return stage in (Stage.VALIDATED, Stage.BACKTESTED)


def _of_gate(stage: Stage, measure: str, gate: Gate, standing: Standing) -> Finding:
    known = standing.figures.get(measure)
    passed, statement = _judged(measure, gate, known, standing)
    remedy = "" if passed else MEASURES[measure].remedy
    return Finding(stage=stage, gate=measure, passed=passed, statement=statement, remedy=remedy)


def _judged(measure: str, gate: Gate, known: Known | None, standing: Standing) -> tuple[bool, str]:
    if known is None:
        return gate.if_measured, f"{measure} was not measured"
    if outdated := _outdated(measure, gate, known, standing):
        return False, outdated
    figure = known.figure
    end = {"value": None, "low": figure.low, "high": figure.high}[gate.of]
    value = figure.value if end is None else end
    name = measure if end is None else f"{measure} ({gate.of} end)"
    least, most = gate.at_least, gate.at_most
    holds = (least is None or value >= least) and (most is None or value <= most)
    limits = " and ".join(
        f"{word} {three_figures(limit)}"
        for word, limit in (("at least", least), ("at most", most))
        if limit is not None
    )
    return holds, f"{name} is {three_figures(value)}, {limits} is asked"


def _outdated(measure: str, gate: Gate, known: Known, standing: Standing) -> str:
    """Say why a figure says nothing any more; empty where it does."""
    against = known.figure.against
    if against is not None and against != standing.champion:
        was, now = against or "the rules alone", standing.champion or "the rules alone"
        return f"{measure} was measured against {was}; in force for {standing.topic}: {now}"
    if gate.days is not None and known.at < standing.now - timedelta(days=gate.days):
        return f"{measure} was measured {known.at:%Y-%m-%d}, more than {gate.days} days ago"
    return ""
