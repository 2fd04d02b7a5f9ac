"""What gates say: of figures, their age, whom they were measured against, and stages before."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest

from mimawari.evaluation.gates import Finding, Known, Stage, Standing, check, parse_policy
from mimawari.records.measured import Figure

NOW = datetime(2026, 3, 1, tzinfo=UTC)
POLICY = parse_policy(
    """
[stages.validated.gates]
auprc = { at_least = 0.5, at_most = 0.9, of = "low", days = 30 }
auprc_gain = { at_least = 0.0, if_measured = true }
[stages.shadow]
after = ["validated"]
[stages.champion]
after = ["shadow"]
after_one_of = ["backtested", "experiment"]
[stages.backtested.gates]
backtest = { at_least = 1.0 }
[stages.experiment.gates]
experiment = { at_least = 1.0 }
"""
)


def standing(
    *figures: Figure, reached: dict[Stage, str] | None = None, age_days: int = 0
) -> Standing:
    at = NOW - timedelta(days=age_days)
    return Standing(
        topic="weapons",
        champion="weapons-old",
        reached=reached or {},
        figures={figure.measure: Known(figure, at) for figure in figures},
        now=NOW,
    )


def auprc(value: float, low: float | None = None) -> Figure:
    return Figure(measure="auprc", value=value, low=low)


def passes(stage: Stage, known: Standing) -> bool:
    return all(finding.passed for finding in check(POLICY, stage, known))


def failed(stage: Stage, known: Standing) -> list[Finding]:
    return [finding for finding in check(POLICY, stage, known) if not finding.passed]


@pytest.mark.parametrize(
    ("figure", "age_days", "passed"),
    [
        (auprc(0.7, low=0.6), 0, True),
        (auprc(0.7, low=0.5), 0, True),
        (auprc(0.7, low=0.4), 0, False),
        (auprc(0.95, low=0.93), 0, False),
        (auprc(0.7), 0, True),
        (auprc(math.nan), 0, False),
        (auprc(0.7, low=math.nan), 0, False),
        (auprc(0.7, low=0.6), 30, True),
        (auprc(0.7, low=0.6), 31, False),
    ],
)
def test_a_limit_is_held_against_the_end_it_names(
    figure: Figure, age_days: int, passed: bool
) -> None:
    assert passes(Stage.VALIDATED, standing(figure, age_days=age_days)) is passed


def test_what_was_not_measured_fails_unless_the_gate_lets_it() -> None:
    (finding,) = failed(Stage.VALIDATED, standing())
    assert finding.gate == "auprc"
    assert finding.statement == "auprc was not measured"
    assert "mimawari models validate" in finding.remedy


def test_a_figure_against_another_champion_says_nothing() -> None:
    gain = Figure(measure="auprc_gain", value=0.1, against="weapons-older")
    (finding,) = failed(Stage.VALIDATED, standing(auprc(0.7), gain))
    assert finding.statement == (
        "auprc_gain was measured against weapons-older; in force for weapons: weapons-old"
    )
    now = Figure(measure="auprc_gain", value=0.1, against="weapons-old")
    assert passes(Stage.VALIDATED, standing(auprc(0.7), now))
    alone = Figure(measure="auprc_gain", value=0.1, against="")
    assert "the rules alone" in failed(Stage.VALIDATED, standing(auprc(0.7), alone))[0].statement


def test_a_stage_before_has_to_be_reached_and_still_hold() -> None:
    (finding,) = failed(Stage.SHADOW, standing(auprc(0.7)))
    assert (finding.statement, finding.remedy) == (
        "has not been validated",
        "mimawari models validate",
    )
    reached = {Stage.VALIDATED: ""}
    assert passes(Stage.SHADOW, standing(auprc(0.7), reached=reached))
    worse = failed(Stage.SHADOW, standing(auprc(0.3), reached=reached))
    assert [(one.stage, one.gate) for one in worse] == [("validated", "auprc")]


def test_who_let_it_pass_is_named_and_its_gates_are_not_asked_again() -> None:
    known = standing(reached={Stage.VALIDATED: "ann: the old data is gone"})
    said = check(POLICY, Stage.SHADOW, known)
    assert [one.statement for one in said] == ["validated: let pass by ann: the old data is gone"]


def test_one_way_of_several_is_enough() -> None:
    reached = {Stage.VALIDATED: "", Stage.SHADOW: ""}
    assert len(failed(Stage.CHAMPION, standing(auprc(0.7), reached=reached))) == 1
    reached[Stage.EXPERIMENT] = ""
    won = Figure(measure="experiment", value=1.0, against="weapons-old")
    assert passes(Stage.CHAMPION, standing(auprc(0.7), won, reached=reached))
    lost = Figure(measure="experiment", value=-1.0, against="weapons-old")
    assert not passes(Stage.CHAMPION, standing(auprc(0.7), lost, reached=reached))


def test_a_stage_that_asks_nothing_is_open() -> None:
    assert check(POLICY, Stage.CANARY, standing()) == ()
