"""May a model enter a stage: what a gate file asks, held against what was measured."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
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
DEEDS = (Stage.VALIDATED, Stage.BACKTESTED)


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


class GateReason(StrEnum):
    """What a gate's finding rests on."""

    WITHIN_LIMITS = "within_limits"
    OUTSIDE = "outside"
    NOT_MEASURED = "not_measured"
    OTHER_CHAMPION = "other_champion"
    TOO_OLD = "too_old"
    REACHED = "reached"
    NOT_REACHED = "not_reached"
    OVERRIDDEN = "overridden"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What one gate says of a model.

    Parameters
    ----------
    stage
        Whose gate it is: the one that is entered, or one before it.
    gate
        The measure, or ``after`` where a stage before is asked for.
    about
        What ``statement`` is made of, by name, for whoever words it in another language.
    """

    stage: str
    gate: str
    passed: bool
    reason: GateReason
    statement: str
    remedy: str = ""
    about: tuple[tuple[str, str], ...] = ()


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
    about = (("before", before.value), ("by", let_pass or ""))
    if let_pass is None:
        reason, remedy = GateReason.NOT_REACHED, WAYS[before]
        statement = f"has not been {before}" if before in DEEDS else f"was no {before}"
    elif let_pass:
        reason, statement, remedy = GateReason.OVERRIDDEN, f"{before}: let pass by {let_pass}", ""
    else:
        reason, statement, remedy = GateReason.REACHED, before.value, ""
    yield Finding(
        stage=stage,
        gate="after",
        passed=reason != GateReason.NOT_REACHED,
        reason=reason,
        statement=statement,
        remedy=remedy,
        about=about,
    )
    if reason == GateReason.REACHED:
        yield from _findings(policy, before, standing)


def _of_gate(stage: Stage, measure: str, gate: Gate, standing: Standing) -> Finding:
    known = standing.figures.get(measure)
    if known is None:
        about: dict[str, str] = {}
        reason, statement = GateReason.NOT_MEASURED, f"{measure} was not measured"
    else:
        reason, statement, about = _judged(measure, gate, known, standing)
    unasked = reason == GateReason.NOT_MEASURED and gate.if_measured
    passed = reason == GateReason.WITHIN_LIMITS or unasked
    return Finding(
        stage=stage,
        gate=measure,
        passed=passed,
        reason=reason,
        statement=statement,
        remedy="" if passed else MEASURES[measure].remedy,
        about=tuple(about.items()),
    )


def _judged(
    measure: str, gate: Gate, known: Known, standing: Standing
) -> tuple[GateReason, str, dict[str, str]]:
    figure = known.figure
    if figure.against is not None and figure.against != standing.champion:
        was, now = figure.against or "the rules alone", standing.champion or "the rules alone"
        statement = f"{measure} was measured against {was}; in force for {standing.topic}: {now}"
        about = {"was": figure.against, "now": standing.champion}
        return GateReason.OTHER_CHAMPION, statement, about
    if gate.days is not None and known.at < standing.now - timedelta(days=gate.days):
        at = f"{known.at:%Y-%m-%d}"
        statement = f"{measure} was measured {at}, more than {gate.days} days ago"
        return GateReason.TOO_OLD, statement, {"at": at, "days": str(gate.days)}
    return _within(measure, gate, figure)


def _within(measure: str, gate: Gate, figure: Figure) -> tuple[GateReason, str, dict[str, str]]:
    end = {"value": None, "low": figure.low, "high": figure.high}[gate.of]
    value = figure.value if end is None else end
    name = measure if end is None else f"{measure} ({gate.of} end)"
    least, most = gate.at_least, gate.at_most
    holds = (least is None or value >= least) and (most is None or value <= most)
    limits = {
        word: three_figures(limit)
        for word, limit in (("at least", least), ("at most", most))
        if limit is not None
    }
    asked = " and ".join(f"{word} {limit}" for word, limit in limits.items())
    about = {"value": three_figures(value), "of": "" if end is None else gate.of, **limits}
    statement = f"{name} is {about['value']}, {asked} is asked"
    return GateReason.WITHIN_LIMITS if holds else GateReason.OUTSIDE, statement, about
