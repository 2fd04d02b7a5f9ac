"""What can be read is an opinion; whatever else is none, and nothing is guessed."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from tests.remote.conftest import Make, batch
from tests.remote.server import Model, changes, says

from mimawari.detectors.remote.answers import MOST_REASON, read_answers

ONE = {"id": 1, "violates": 50, "why": "w"}


def told(*answers: Any) -> str:
    return json.dumps({"answers": answers})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no",
        "null",
        "[]",
        "{}",
        '{"answers":{}}',
        f"Here you are: {told(ONE)}",
        f"{told(ONE)} I hope that helps.",
        f"```json\n{told(ONE)}\n```",
        f"<think>hm</think>{told(ONE)}",
        told(ONE) * 2,
        told(ONE)[:-1],
        told(ONE, {"id": 2, "violates": 5})[:-20],
        "[" * 100_000,
        told({**ONE, "violates": 101}),
        told({**ONE, "violates": -1}),
        told({**ONE, "violates": "50"}),
        told({**ONE, "violates": None}),
        told({**ONE, "violates": True}),
        '{"answers":[{"id":1,"violates":NaN,"why":""}]}',
        '{"answers":[{"id":1,"violates":1e999,"why":""}]}',
        told({**ONE, "id": "1"}),
        told({**ONE, "why": 7}),
        told({"id": 1, "violates": 50}),
        told({"violates": 50, "why": "w"}),
        told(ONE, ONE),
        told(ONE, {"id": 1, "violates": "else"}),
        told({**ONE, "id": 0}, ONE),
        told(ONE, {**ONE, "id": 9}),
        told(ONE, {"id": -1}),
    ],
)
def test_no_opinion(text: str) -> None:
    assert 1 not in read_answers(text, 2)


def test_one_bad_answer_leaves_the_others() -> None:
    text = told(
        ONE, {"id": 2, "violates": 900, "why": ""}, "odd", {"id": 3, "violates": 0, "why": ""}
    )
    assert {i: o.violates for i, o in read_answers(text, 3).items()} == {1: 50, 3: 0}


def test_a_reason_is_one_bounded_line() -> None:
    why = "a\nb\x1b[31m\u202e " + "x" * 10_000
    reason = read_answers(told({**ONE, "why": why}), 1)[1].why
    assert reason.startswith("a b[31m x")
    assert len(reason) == MOST_REASON


def test_good_answers_score_in_order(make: Make) -> None:
    detector = make(per_request=2, concurrency=3)
    scores = detector.score(batch("gun", "cup", "hat", "gun part", "pen"))
    assert scores.dtype == np.float32
    assert scores[:, 0].tolist() == pytest.approx([0.9, 0.05, 0.05, 0.9, 0.05])
    tally = detector.tally
    assert (tally.listings, tally.answered, tally.requests, tally.tokens) == (5, 5, 3, 330)
    assert not tally.estimated
    assert not tally.stopped


def test_what_a_group_lacks_is_asked_once_more_alone(model: Model, make: Make) -> None:
    model.script = [changes(lambda answers: {"answers": answers[:2]})]
    detector = make()
    assert not np.isnan(detector.score(batch("a", "b", "c", "gun"))).any()
    assert model.asked == [4, 1, 1]
    assert (detector.tally.answered, detector.tally.unreadable) == (4, 0)


SPOILT = {
    "prose": lambda answers: "Sure! " + json.dumps({"answers": answers}),
    "truncated": lambda answers: json.dumps({"answers": answers})[:-5],
    "extra id": lambda answers: {"answers": [*answers, {"id": 77, "violates": 1, "why": ""}]},
    "from zero": lambda answers: {"answers": [{**a, "id": a["id"] - 1} for a in answers]},
    "out of range": lambda answers: {"answers": [{**a, "violates": 500} for a in answers]},
    "no content": lambda _: "",
}


@pytest.mark.parametrize("kind", SPOILT)
def test_what_stays_unreadable_is_no_opinion(model: Model, make: Make, kind: str) -> None:
    model.script = [changes(SPOILT[kind])] * 4
    detector = make()
    scores = detector.score(batch("a", "b", "gun"))
    assert np.isnan(scores).all()
    assert model.asked == [3, 1, 1, 1]
    assert (detector.tally.unreadable, detector.tally.unanswered) == (3, 0)
    assert not np.isnan(detector.score(batch("gun", "a"))).any(), "it is asked again another time"


def test_a_listing_that_spoils_its_group_spoils_only_itself(model: Model, make: Make) -> None:
    def spoil(request: Any, listings: Any) -> None:
        spoilt = any("poison" in one["title"] for one in listings)
        (says("I cannot") if spoilt else changes(lambda a: {"answers": a}))(request, listings)

    model.reply = spoil
    scores = make().score(batch("a", "poison", "gun", "b"))[:, 0]
    assert np.isnan(scores).tolist() == [False, True, False, False]


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"choices":[]}', b"\xff", b"<html>"])
def test_an_endpoint_that_speaks_otherwise_gives_no_opinion(
    model: Model, make: Make, body: bytes
) -> None:
    model.reply = lambda request, _: request.answer(body)
    detector = make()
    assert np.isnan(detector.score(batch("gun"))).all()
    assert detector.tally.unreadable == 1
    assert detector.tally.estimated


def test_a_model_that_never_answers_as_asked_is_given_up(model: Model, make: Make) -> None:
    model.reply = says("I am a poet")
    detector = make(per_request=2)
    detector.score(batch(*(f"t{i}" for i in range(100))))
    assert len(model.bodies) == 6
    assert "in vain" in detector.tally.stopped
    assert detector.tally.unanswered + detector.tally.unreadable == 100
