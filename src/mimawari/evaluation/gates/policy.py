"""The gate file: what a model must have shown before it enters a stage, by topic where wanted."""

from __future__ import annotations

import tomllib
from enum import StrEnum
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from mimawari.detectors.topicfile.cycles import order_of
from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.evaluation.gates.measures import MEASURES
from mimawari.evaluation.guards.policy import Guards
from mimawari.suggestions import unknown_names

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_BYTES = 200_000


class Stage(StrEnum):
    """How far a model has come."""

    TRAINED = "trained"
    VALIDATED = "validated"
    BACKTESTED = "backtested"
    SHADOW = "shadow"
    CANARY = "canary"
    EXPERIMENT = "experiment"
    CHAMPION = "champion"
    RETIRED = "retired"


ENTERED = tuple(stage for stage in Stage if stage not in (Stage.TRAINED, Stage.RETIRED))
"""Stages that have a gate: every model is trained, and any may be retired."""


class Gate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A limit of one measure.

    Parameters
    ----------
    at_least, at_most
        One of them or both.
    of
        What is held against them: the figure itself, or an end of its 95 % interval.
    days
        The figure must not be older.
    if_measured
        Let a model pass of whom it was not measured.
    """

    at_least: float | None = None
    at_most: float | None = None
    of: Literal["value", "low", "high"] = "value"
    days: Annotated[int, msgspec.Meta(ge=1)] | None = None
    if_measured: bool = False


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is asked of whoever enters a stage.

    Parameters
    ----------
    after
        Stages that the model must have reached, all of them.
    after_one_of
        Stages of which one is enough.
    persons
        Who must say so: 2 where a second person has to approve.
    gates
        Limits, by measure.
    """

    after: tuple[str, ...] = ()
    after_one_of: tuple[str, ...] = ()
    persons: Annotated[int, msgspec.Meta(ge=1, le=2)] = 1
    gates: dict[str, Gate] = {}


class TopicGates(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Stages and guards that ask otherwise for one topic: each replaces the general one whole."""

    stages: dict[str, Entry] = {}
    guards: Guards | None = None


class GatePolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A gate file that was checked.

    Examples
    --------
    >>> policy = default_policy()
    >>> policy.entry("weapons", Stage.SHADOW).after
    ('validated',)
    """

    stages: dict[str, Entry]
    guards: Guards = Guards()
    topics: dict[str, TopicGates] = {}

    def guards_of(self, topic: str) -> Guards:
        """Give the limits under which a topic's model stays in force."""
        return self.topics.get(topic, TopicGates()).guards or self.guards

    def entry(self, topic: str, stage: Stage) -> Entry:
        """Give what a topic asks of whoever enters a stage."""
        own = self.topics.get(topic, TopicGates()).stages
        return own.get(stage) or self.stages.get(stage) or Entry()


def parse_policy(text: str, name: str = "gates.toml") -> GatePolicy:
    r"""Read a gate file.

    Raises
    ------
    InvalidInputError
        With every gate, stage and limit that cannot be, each with its place.

    Examples
    --------
    >>> parse_policy("[stages.shadow]\nafter = ['shadow']", "g.toml")
    Traceback (most recent call last):
    mimawari.errors.InvalidInputError: g.toml: stages: go in a circle (shadow, shadow); let ...
    """
    if len(text.encode("utf-8", "replace")) > MOST_BYTES:
        problem = f"has more than {MOST_BYTES:,} bytes"
        raise InvalidInputError(FieldProblem(name, problem, "leave out what repeats the default"))
    try:
        policy = msgspec.convert(tomllib.loads(text), GatePolicy)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        remedy = "see docs/lifecycle.md for what a gate file holds"
        raise InvalidInputError(FieldProblem(name, str(error), remedy)) from error
    problems = [
        FieldProblem(f"{name}: {p.field}", p.problem, p.remedy) for p in _problems_of(policy)
    ]
    if problems:
        raise InvalidInputError(*problems)
    return policy


def default_text() -> str:
    """Give the package's gate file."""
    return (files(__package__) / "default.toml").read_text("utf-8")


def default_policy() -> GatePolicy:
    """Give the gates that hold where nobody put others in force."""
    return parse_policy(default_text())


def _problems_of(policy: GatePolicy) -> Iterator[FieldProblem]:
    yield from _of_stages(policy.stages, "stages")
    for topic, own in policy.topics.items():
        yield from _of_stages(own.stages, f"topics.{topic}.stages", policy.stages)


def _of_stages(
    stages: dict[str, Entry], where: str, general: dict[str, Entry] | None = None
) -> Iterator[FieldProblem]:
    known = [stage.value for stage in ENTERED]
    yield from unknown_names(
        [stage for stage in stages if stage not in known],
        known,
        lambda stage, near: FieldProblem(f"{where}.{stage}", "is no stage", _use(near, known)),
        where,
    )
    for stage, entry in stages.items():
        yield from _of_entry(entry, f"{where}.{stage}")
    joined = {**(general or {}), **stages}
    edges = {name: (*entry.after, *entry.after_one_of) for name, entry in joined.items()}
    _, circle = order_of(edges)
    if circle:
        path = ", ".join(circle)
        remedy = "let each stage come after those before it"
        yield FieldProblem(where, f"go in a circle ({path})", remedy)


def _of_entry(entry: Entry, where: str) -> Iterator[FieldProblem]:
    stages = [stage.value for stage in ENTERED]
    before = [*entry.after, *entry.after_one_of]
    yield from unknown_names(
        [stage for stage in before if stage not in stages],
        stages,
        lambda stage, near: FieldProblem(
            f"{where}.after", f"{stage!r} is no stage", _use(near, stages)
        ),
        f"{where}.after",
    )
    measures = list(MEASURES)
    yield from unknown_names(
        [measure for measure in entry.gates if measure not in MEASURES],
        measures,
        lambda measure, near: FieldProblem(
            f"{where}.gates.{measure}", "is no measure", _use(near, measures)
        ),
        f"{where}.gates",
    )
    for measure, gate in entry.gates.items():
        yield from _of_gate(gate, f"{where}.gates.{measure}")


def _of_gate(gate: Gate, where: str) -> Iterator[FieldProblem]:
    least, most = gate.at_least, gate.at_most
    if least is None and most is None:
        yield FieldProblem(where, "has no limit", "give at_least, at_most, or both")
    elif least is not None and most is not None and least > most:
        yield FieldProblem(where, f"asks for at least {least:g} and at most {most:g}", "swap them")


def _use(near: str | None, known: list[str]) -> str:
    return f"did you mean {near!r}?" if near else f"use {', '.join(known)}"
