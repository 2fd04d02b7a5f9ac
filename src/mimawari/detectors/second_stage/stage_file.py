"""Reads a second stage's file: whom to ask, how much, and the test cases of each clause."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from mimawari.detectors.second_stage.asking import options_of
from mimawari.detectors.topicfile.parse_examples import parse_examples
from mimawari.detectors.topicfile.problems import Problems, shown
from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.records.second_stage import StageSpec

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from mimawari.listings.listing import Listing

KEYS = ("topic", "stage", "cases")
CASE_KEYS = ("clause", "must", "must_not")
MOST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class ClauseCase:
    """A listing that a clause must be found violated by, or must not.

    ``place`` says where it stands in the file.
    """

    clause: str
    must: bool
    listing: Listing
    place: str


@dataclass(frozen=True, slots=True)
class StageFile:
    """A second stage as its file says it."""

    topic: str
    spec: StageSpec
    cases: tuple[ClauseCase, ...]

    def check_clauses(self, clauses: Collection[str]) -> None:
        """Refuse a file that does not try every clause of the policy, both ways, and no other.

        Raises
        ------
        InvalidInputError
            Naming every clause that is not tried, or unknown.
        """
        tried = {(case.clause, case.must) for case in self.cases}
        problems = [
            FieldProblem(
                f"cases.{clause}",
                f"has no listing that {'must' if must else 'must not'} be found",
                "write one: what is not tried is not put in force",
            )
            for clause in clauses
            for must in (True, False)
            if (clause, must) not in tried
        ]
        problems += [
            FieldProblem(f"cases.{clause[:40]}", "is no clause", f"use {', '.join(clauses)}")
            for clause in sorted({clause for clause, _ in tried} - set(clauses))
        ]
        if problems:
            raise InvalidInputError(*problems)


def load_stage(path: Path) -> StageFile:
    """Read a ``.toml`` file.

    Raises
    ------
    InvalidInputError
        With every problem found.
    """
    try:
        text = path.read_bytes()[: MOST_BYTES + 1].decode()
    except (OSError, UnicodeDecodeError) as error:
        problem = FieldProblem(path.name, str(error), "name a readable UTF-8 file")
        raise InvalidInputError(problem) from error
    return parse_stage(text, path.name)


def parse_stage(text: str, name: str = "second-stage.toml") -> StageFile:
    """Read the text of a file; ``name`` stands in messages.

    Examples
    --------
    >>> stage = parse_stage('''
    ... topic = "weapons"
    ... [stage]
    ... base_url = "http://127.0.0.1:8000/v1"
    ... model = "gpt-oss-safeguard-20b"
    ... [[cases]]
    ... clause = "policy"
    ... must = ["a pistol with ammunition"]
    ... must_not = ["a water pistol"]
    ... ''')
    >>> stage.spec.m, [(case.must, case.listing.title) for case in stage.cases]
    (3, [(True, 'a pistol with ammunition'), (False, 'a water pistol')])
    """
    problems = Problems(name)
    if len(text) > MOST_BYTES:
        problems.add("file", f"has over {MOST_BYTES:,} characters", "give fewer cases")
        raise InvalidInputError(*problems.noted)
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        problems.add("syntax", str(error).replace("\n", " "), "mend it")
        raise InvalidInputError(*problems.noted) from error
    problems.known_keys(table, KEYS, "")
    topic = problems.text(table, "topic", "", required=True)
    spec, cases = _spec(table.get("stage"), problems), _cases(table.get("cases"), problems)
    if problems.noted or spec is None:
        raise InvalidInputError(*problems.noted)
    return StageFile(topic, spec, cases)


def _spec(raw: object, problems: Problems) -> StageSpec | None:
    if not isinstance(raw, dict):
        problems.add("stage", "is missing", "write a table [stage] with base_url and model")
        return None
    problems.known_keys(raw, StageSpec.__struct_fields__, "stage")
    known = {key: value for key, value in raw.items() if key in StageSpec.__struct_fields__}
    try:
        spec = msgspec.convert(known, StageSpec)
        options_of(spec)
    except msgspec.ValidationError as error:
        reason = str(error).replace("`", "'").replace("$.", "")
        problems.add("stage", f"cannot be used: {reason}", "correct it")
    except InvalidInputError as error:
        for problem in error.problems:
            problems.add(f"stage.{problem.field}", problem.problem, problem.remedy)
    else:
        return spec
    return None


def _cases(raw: object, problems: Problems) -> tuple[ClauseCase, ...]:
    if not isinstance(raw, list) or not raw:
        problems.add("cases", "are missing", "write [[cases]] for each clause of the policy")
        return ()
    return tuple(
        case for i, table in enumerate(raw) for case in _case(table, f"cases[{i}]", problems)
    )


def _case(raw: object, where: str, problems: Problems) -> list[ClauseCase]:
    if not isinstance(raw, dict):
        problems.add(where, f"is {shown(raw)}", "write a table")
        return []
    problems.known_keys(raw, CASE_KEYS, where)
    clause = problems.text(raw, "clause", where, required=True)
    return [
        *_listings(raw, clause, "must", where, problems),
        *_listings(raw, clause, "must_not", where, problems),
    ]


def _listings(
    raw: Mapping[str, object], clause: str, key: str, where: str, problems: Problems
) -> list[ClauseCase]:
    examples = parse_examples(raw.get(key), f"{where}.{key}", problems)
    return [
        ClauseCase(clause, key == "must", example.listing, f"{where}.{key}[{place}]")
        for place, example in enumerate(examples)
    ]
