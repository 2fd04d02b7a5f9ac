"""What counts as an answer, and what a second stage's file must be."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mimawari.detectors.second_stage.answers import read_answers
from mimawari.detectors.second_stage.prompt import Policy, question_key, version_of
from mimawari.detectors.second_stage.stage_file import parse_stage
from mimawari.errors import InvalidInputError
from mimawari.records.second_stage import StageSpec

CLAUSES = ("guns", "knives")
GOOD = {"id": 1, "clauses": {"guns": 80, "knives": 5}, "why": "a gun"}
SPEC = StageSpec(base_url="http://127.0.0.1:8000/v1", model="judge")
FILE = """
topic = "weapons"
[stage]
base_url = "http://127.0.0.1:8000/v1"
model = "judge"
{stage}
[[cases]]
clause = "guns"
must = ["a gun"]
must_not = ["a cup"]
{cases}
"""


def answered(*answers: Any) -> str:
    return json.dumps({"answers": answers})


def test_a_good_answer_is_read_with_its_likeliest_clause() -> None:
    answer = read_answers(answered(GOOD), 1, CLAUSES)[1]
    assert (answer.violates, answer.clause, answer.why) == (80, "guns", "a gun")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Sure! " + answered(GOOD),
        answered(GOOD) + " I hope that helps.",
        answered(GOOD)[:-2],
        answered({**GOOD, "clauses": {"guns": 80}}),
        answered({**GOOD, "clauses": {"guns": 80, "knives": 5, "bombs": 1}}),
        answered({**GOOD, "clauses": {"guns": 180, "knives": 5}}),
        answered({**GOOD, "clauses": {"guns": -1, "knives": 5}}),
        answered({**GOOD, "clauses": {"guns": "80", "knives": 5}}),
        answered({**GOOD, "clauses": 80}),
        answered({**GOOD, "verdict": "violates"}),
        answered({"id": 1, "clauses": GOOD["clauses"]}),
        answered(GOOD, GOOD),
        answered({**GOOD, "id": 2}),
        answered({**GOOD, "id": 0}),
        answered(GOOD).replace("80", "NaN"),
        "[" * 100_000,
    ],
)
def test_what_is_not_exactly_an_answer_is_none(text: str) -> None:
    assert read_answers(text, 1, CLAUSES) == {}


def test_an_id_that_was_not_asked_for_spoils_the_numbering() -> None:
    assert read_answers(answered(GOOD, {**GOOD, "id": 3}), 2, CLAUSES) == {}
    assert set(read_answers(answered(GOOD, {**GOOD, "id": 2, "why": 5}), 2, CLAUSES)) == {1}


def test_a_reason_is_one_bounded_line() -> None:
    answer = read_answers(answered({**GOOD, "why": "a\nb\x00" + "c" * 900}), 1, CLAUSES)[1]
    assert answer.why.startswith("a b")
    assert len(answer.why) <= 200
    assert answer.why.isprintable()


@pytest.mark.parametrize(
    ("stage", "cases", "problem"),
    [
        ("m = 0", "", r"stage: cannot be used: .*\$?\.?m"),
        ("m = 3.5", "", "stage: cannot be used"),
        ("wait_seconds = 1e9", "", "stage: cannot be used"),
        ('listings_a_day = "many"', "", "stage: cannot be used"),
        ("budget = 5", "", "stage.budget: is unknown"),
        ("body = { messages = [] }", "", "body.messages"),
        ("", '[[cases]]\nclause = "guns"\nmust = ["a gun"]', r"cases\[1\].must_not: is empty"),
        ("", '[[cases]]\nmust = ["a"]\nmust_not = ["b"]', r"cases\[1\].clause: is missing"),
        ("", '[[cases]]\nclause = "guns"\nmust = [5]\nmust_not = ["b"]', r"must\[0\]"),
    ],
)
def test_a_wrong_file_says_where_and_what_helps(stage: str, cases: str, problem: str) -> None:
    with pytest.raises(InvalidInputError, match=problem):
        parse_stage(FILE.format(stage=stage, cases=cases))


def test_an_address_with_a_password_is_refused() -> None:
    text = FILE.format(stage="", cases="").replace("http://", "http://me:secret@")
    with pytest.raises(InvalidInputError, match="holds a user or password") as error:
        parse_stage(text)
    assert "secret" not in str(error.value)


def test_every_clause_is_tried_both_ways_and_no_other() -> None:
    file = parse_stage(FILE.format(stage="", cases=""))
    file.check_clauses(["guns"])
    with pytest.raises(InvalidInputError, match=r"cases.knives: has no listing that must be found"):
        file.check_clauses(CLAUSES)
    with pytest.raises(InvalidInputError, match=r"cases.guns: is no clause; use knives"):
        file.check_clauses(["knives"])


def test_a_version_names_what_answers_depend_on() -> None:
    import msgspec

    policy_hash = Policy("No guns.", {"guns": "Guns."}).hash
    other = Policy("No guns!", {"guns": "Guns."}).hash
    version = version_of("weapons", SPEC, policy_hash)
    assert version_of("weapons", SPEC, other) != version
    for change, same in (({"m": 5}, True), ({"wait_seconds": 1.0}, True), ({"model": "b"}, False)):
        changed = msgspec.structs.replace(SPEC, **change)
        assert (version_of("weapons", changed, policy_hash) == version) == same
        key = question_key(changed, policy_hash, {"title": "a"})
        assert (key == question_key(SPEC, policy_hash, {"title": "a"})) == same


def test_a_budget_is_spent_by_whichever_bound_comes_first() -> None:
    import msgspec

    spec = msgspec.structs.replace(
        SPEC, listings_a_day=10, tokens_a_day=1_000, money_a_day=1.0, input_price=500.0
    )
    assert not spec.spent(9, 900, 99)
    assert spec.spent(10, 0, 0)
    assert spec.spent(1, 900, 100)
    assert msgspec.structs.replace(spec, tokens_a_day=None).spent(1, 2_000, 0)
    assert not SPEC.spent(10**9, 10**12, 10**12)
