"""A trial's parameters are declared once: bodies, options and defaults follow from that."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
import typer
from typer.testing import CliRunner

from mimawari.cli.backtest import app as backtest
from mimawari.cli.experiment import app as experiment
from mimawari.errors import InvalidInputError
from mimawari.evaluation.evidence import Carry
from mimawari.records.fields import convert, fields_of
from mimawari.service.trials import design
from mimawari.service.trials.models import Trial
from mimawari.service.trials.parameters import defaults_of, parameters_of
from mimawari.service.trials.plan_request import PlanRequest
from mimawari.service.trials.starting import BacktestStart, ExperimentStart, Start

STARTS = {design.BACKTEST: BacktestStart, design.EXPERIMENT: ExperimentStart}
COMMANDS = {design.BACKTEST: backtest, design.EXPERIMENT: experiment}


@pytest.mark.parametrize("kind", STARTS)
def test_what_is_sent_and_the_options_are_the_parameters(kind: str) -> None:
    offered = [one.field.name for one in parameters_of(kind) if one.offered]
    assert offered
    sent = STARTS[kind].__struct_fields__
    assert [name for name in sent if name in offered] == offered
    group = typer.main.get_command(COMMANDS[kind])
    options = {one.name for one in group.commands["start"].params}  # type: ignore[attr-defined]
    assert options == {*sent, "by"}


@pytest.mark.parametrize("kind", STARTS)
def test_only_what_was_given_is_a_parameter(kind: str) -> None:
    given = convert({"candidate": "m", "reason": "why", "alpha": 0.1, "seed": 3}, STARTS[kind])
    assert isinstance(given, Start)
    assert given.parameters() == {"alpha": 0.1, "seed": 3}


@pytest.mark.parametrize("kind", [*STARTS, design.GUARD])
def test_defaults_make_a_design(kind: str) -> None:
    made = design.make(kind, {**defaults_of(kind), "capacity": 10})
    assert made.minimum_days == (14 if kind == design.BACKTEST else 3)
    assert made.days == (28 if kind == design.GUARD else 60)


def test_every_parameter_is_described_and_of_some_kind() -> None:
    shown = {one.field.name for kind in design.MODES for one in parameters_of(kind)}
    assert shown == set(design.Design.__struct_fields__)
    for field in (*fields_of(design.Design), *fields_of(PlanRequest)):
        assert field.title, field.name


def test_what_may_be_carried_over_is_what_the_evidence_knows() -> None:
    (carry,) = (one for one in fields_of(design.Design) if one.name == "carry")
    assert set(carry.values) == set(Carry)


def test_every_wrong_parameter_is_named() -> None:
    with pytest.raises(InvalidInputError) as refused:
        design.make(design.BACKTEST, {"mode": "safe", "capacity": 0, "alpha": 2, "speed": 1})
    named = [(one.field, one.remedy) for one in refused.value.problems]
    assert named[0] == ("mode", "give reuse or fresh")
    assert {field for field, _ in named} == {"mode", "speed", "capacity", "alpha"}
    assert dict(named)["capacity"] == "give 1 to 1,000,000"


def test_a_stored_design_is_read_as_it_was_written() -> None:
    start = datetime(2026, 3, 2, tzinfo=UTC)
    made = design.make(design.BACKTEST, {"mode": "fresh", "capacity": 9, "window_start": start})
    assert msgspec.convert(msgspec.to_builtins(made), design.Design) == made


@pytest.mark.parametrize(
    ("option", "value", "remedy"),
    [
        ("--alpha", "2", "more than 0 and at most 0.2"),
        ("--alpha", "0.9", "more than 0 and at most 0.2"),
        ("--beta", "0.6", "more than 0 and at most 0.5"),
        ("--mode", "split", "reuse or fresh"),
        ("--window-days", "0", "1 to 400"),
        ("--reason", "", "a text of 1 to 2,000 characters"),
    ],
)
def test_a_command_names_the_option_and_the_remedy(option: str, value: str, remedy: str) -> None:
    words = ["start", "weapons-0", "--reason", "why", option, value]
    done = CliRunner().invoke(backtest, words)
    assert isinstance(done.exception, InvalidInputError)
    (problem,) = done.exception.problems
    assert f"--{problem.field.replace('_', '-')}" == option
    assert remedy in problem.remedy


@pytest.mark.parametrize("gain", [0, 5e-324, 1e-5, 1])
def test_a_gain_that_is_next_to_nothing_is_not_planned_for(gain: float) -> None:
    with pytest.raises(InvalidInputError, match=r"gain: .* give at least 0\.0001 and less than 1"):
        convert({"precision": 0.3, "gain": gain}, PlanRequest)


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("precision", 0.0, "more than 0 and less than 1"),
        ("precision", 1.0, "more than 0 and less than 1"),
        ("differing_precision", 0.0, "more than 0 and less than 1"),
        ("alpha", 0.9, "more than 0 and at most 0.2"),
        ("power", 0.0, "0.01 to 0.999"),
        ("power", 1.0, "0.01 to 0.999"),
    ],
)
def test_a_plan_without_a_question_is_refused(name: str, value: float, remedy: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        convert({"precision": 0.3, name: value}, PlanRequest)
    (problem,) = refused.value.problems
    assert (problem.field, problem.remedy) == (name, f"give {remedy}")


def test_a_trial_of_before_is_read_whatever_its_bounds_are_now() -> None:
    start = datetime(2026, 3, 2, tzinfo=UTC)
    made = design.make(design.BACKTEST, {"mode": "fresh", "capacity": 9, "window_start": start})
    stored = msgspec.to_builtins(made) | {"alpha": 0.9}
    assert design.design_of(Trial(design=stored)) == msgspec.structs.replace(made, alpha=0.9)
