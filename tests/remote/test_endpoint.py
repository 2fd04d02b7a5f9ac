"""An endpoint that is busy, slow, broken or hostile costs its own listings and nothing else."""

from __future__ import annotations

import socket
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import numpy as np
import pytest
from tests.remote.conftest import POLICY, Make, batch
from tests.remote.server import Handler, Listings, Model, Reply, drips, drops, fails, good, hangs

from mimawari.detectors.remote import RemoteDetector, RemoteOptions
from mimawari.errors import InvalidInputError

HALF = "sk-" + "0123456789abcdef" * 40


def test_it_waits_as_long_as_the_endpoint_asks(
    model: Model, make: Make, waits: list[float]
) -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    model.script = [
        fails(429, Retry_After="7"),
        fails(429, Retry_After="90000"),
        fails(503, Retry_After=soon),
        fails(429, Retry_After="soon"),
    ]
    assert make().score(batch("gun"))[0, 0] == pytest.approx(0.9)
    assert waits[:2] == [7.0, 60.0]
    assert 10 < waits[2] <= 20
    assert waits[3] == 2.0


def test_errors_of_the_server_are_repeated_with_growing_pauses(
    model: Model, make: Make, waits: list[float]
) -> None:
    model.script = [fails(500), fails(502), drops, fails(408)]
    detector = make()
    assert detector.score(batch("gun"))[0, 0] == pytest.approx(0.9)
    assert waits == [0.25, 0.5, 1.0, 2.0]
    assert detector.tally.requests == 5


def test_what_fails_for_good_is_no_opinion(model: Model, make: Make) -> None:
    model.script = [fails(500)] * 3
    detector = make(repeats=2, per_request=2)
    scores = detector.score(batch("gun", "cup", "hat"))
    assert np.isnan(scores[:, 0]).tolist() == [True, True, False]
    assert (detector.tally.unanswered, detector.tally.answered) == (2, 1)
    assert model.asked == [2, 2, 2, 1], "a server that is down is not asked listing by listing"


@pytest.mark.parametrize("status", [302, 401, 402, 403, 404])
def test_what_no_request_could_mend_stops_at_once(
    model: Model, make: Make, waits: list[float], status: int
) -> None:
    model.reply = fails(status, "no such key\x1b[31m", Location="http://127.0.0.1:1/")
    detector = make(per_request=1)
    assert np.isnan(detector.score(batch("a", "b", "c"))).all()
    assert len(model.bodies) == 1
    assert not waits
    assert detector.tally.stopped == f"the endpoint answered {status}: no such key[31m"
    assert detector.tally.unanswered == 3


def test_a_group_that_is_refused_is_asked_listing_by_listing(model: Model, make: Make) -> None:
    def filtered(request: Handler, listings: Listings) -> None:
        refused = any("bad" in one["title"] for one in listings)
        (fails(400, "content filter") if refused else good)(request, listings)

    model.reply = filtered
    detector = make()
    scores = detector.score(batch("a", "bad", "gun"))
    assert np.isnan(scores[:, 0]).tolist() == [False, True, False]
    assert model.asked == [3, 1, 1, 1]
    assert detector.tally.unanswered == 1


@pytest.mark.parametrize("slow", [hangs, drips])
def test_a_slow_answer_is_cut_off(model: Model, make: Make, slow: Reply) -> None:
    model.script = [slow]
    detector = make(timeout=1.0, repeats=1)
    start = time.monotonic()
    assert detector.score(batch("gun"))[0, 0] == pytest.approx(0.9)
    assert time.monotonic() - start < 20  # a full machine must not fail this
    assert len(model.bodies) == 2


def test_an_endless_answer_is_cut_off(model: Model, make: Make) -> None:
    model.script = [lambda request, _: request.answer(b" " * 3_000_000)]
    detector = make()
    assert detector.score(batch("gun"))[0, 0] == pytest.approx(0.9)
    assert len(model.bodies) == 2


def test_the_time_limit_ends_all(model: Model, make: Make, waits: list[float]) -> None:
    model.reply = fails(429, Retry_After="30")
    detector = make(time_limit=20)
    assert np.isnan(detector.score(batch("gun", "cup"))).all()
    assert detector.tally.stopped == "the time limit is reached"
    assert not waits


def test_an_answer_may_not_outlast_the_time_limit(model: Model, make: Make) -> None:
    model.reply = hangs
    detector = make(time_limit=0.2, per_request=1)
    start = time.monotonic()
    assert np.isnan(detector.score(batch("gun", "cup"))).all()
    assert time.monotonic() - start < 5
    assert detector.tally.stopped == "the time limit is reached"


def test_nobody_there(waits: list[float]) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))  # bound but not listening: refuses
        options = RemoteOptions(
            base_url=f"http://127.0.0.1:{probe.getsockname()[1]}/v1",
            model="m", concurrency=2, per_request=1, repeats=1,
        )  # fmt: skip
        with RemoteDetector("weapons", POLICY, options, sleep=waits.append) as detector:
            assert np.isnan(detector.score(batch(*(str(i) for i in range(50))))).all()
            told = detector.tally
    assert "cannot be reached" in told.stopped
    assert (told.unanswered, told.tokens) == (50, 0)
    assert told.requests < 20


def test_no_more_requests_at_a_time_than_told(model: Model, make: Make) -> None:
    turn, now, most = threading.Condition(), 0, 0

    def counted(request: Handler, listings: Listings) -> None:
        nonlocal now, most
        with turn:
            now += 1
            most = max(most, now)
            turn.notify_all()
            assert turn.wait_for(lambda: most == 3, 10), "three come at a time"
            now -= 1
        good(request, listings)

    model.reply = counted
    make(concurrency=3, per_request=1).score(batch(*(str(i) for i in range(12))))
    assert most == 3


def test_the_key_is_sent_and_never_told(
    model: Model, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    echo = fails(401, f"wrong key: {HALF} " * 3)
    model.script = [good, fails(500, HALF), echo]
    detector = make(key=f" {HALF}\n", per_request=1)
    detector.score(batch("gun", "cup"))
    assert {h["Authorization"] for h in model.headers} == {f"Bearer {HALF}"}
    shown = f"{detector.tally} {detector!r} {vars(detector)} {detector.version} {caplog.text}"
    assert HALF[:30] not in shown
    assert "wrong key: ***" in detector.tally.stopped


def test_no_key_no_header(model: Model, make: Make) -> None:
    make().score(batch("gun"))
    assert "Authorization" not in model.headers[0]


def test_an_odd_key_is_refused_without_showing_it(make: Make) -> None:
    with pytest.raises(InvalidInputError, match="MIMAWARI_REMOTE_KEY: holds") as told:
        make(key="sk-geheim\nX-Evil: 1")
    assert "geheim" not in str(told.value)


def test_a_local_endpoint_is_asked_past_any_proxy(
    model: Model, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert make(repeats=0).score(batch("gun"))[0, 0] == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"base_url": "ftp://a/v1"}, "base_url"),
        ({"base_url": "localhost:11434"}, "base_url"),
        ({"base_url": "http://me:secret@a/v1"}, "base_url"),
        ({"base_url": "http://a/v1?key=secret"}, "base_url"),
        ({"base_url": "http://a:99999/v1"}, "base_url"),
        ({"base_url": "http://[/v1"}, "base_url"),
        ({"model": " "}, "model"),
        ({"per_request": 0}, "per_request"),
        ({"concurrency": 1000}, "concurrency"),
        ({"repeats": -1}, "repeats"),
        ({"timeout": float("nan")}, "timeout"),
        ({"budget_tokens": 0}, "budget_tokens"),
        ({"body": {"stream": True}}, "body.stream"),
    ],
)
def test_options_that_cannot_be_used(wrong: dict[str, object], field: str) -> None:
    told = {"base_url": "http://a/v1", "model": "m"} | wrong
    with pytest.raises(InvalidInputError, match=f"^{field}: ") as error:
        RemoteOptions(**told)  # type: ignore[arg-type]
    assert "secret" not in str(error.value)


def test_the_body_can_be_changed(model: Model, make: Make) -> None:
    make(body={"max_tokens": None, "max_completion_tokens": 900, "top_p": 0.5}).score(batch("gun"))
    (body,) = model.bodies
    assert model.paths == ["/v1/chat/completions"]
    assert "max_tokens" not in body
    assert (body["max_completion_tokens"], body["top_p"], body["temperature"]) == (900, 0.5, 0)
    assert body["response_format"] == {"type": "json_object"}
