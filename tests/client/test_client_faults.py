"""How the client meets a server that is busy, odd or away; a transport plays those faults."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import msgspec
import pytest

from mimawari.client import Client, ServerError
from mimawari.client.connection import LONGEST_WAIT
from mimawari.listings.listing import Listing

CUP = Listing(id="L/1 ä", version=1, seller_id="s", title="a cup")
TAKEN = httpx.Response(202, json={"listing_id": "L/1 ä", "version": 1, "status": "accepted"})
Answer = httpx.Response | Exception


def client_of(answers: list[Answer], waits: list[float], repeats: int = 3) -> Client:
    """Give a client whose requests get these answers in turn."""
    left = iter(answers)

    def handle(request: httpx.Request) -> httpx.Response:
        answer = next(left)
        if isinstance(answer, Exception):
            raise answer
        return answer

    transport = httpx.MockTransport(handle)
    return Client("http://x", "k", repeats=repeats, transport=transport, sleep=waits.append)


def test_an_absurd_wait_is_cut_short() -> None:
    waits: list[float] = []
    busy = httpx.Response(503, headers={"Retry-After": "99999"})
    with client_of([busy, TAKEN], waits) as client:
        assert client.submit(CUP) == "accepted"
    assert waits == [LONGEST_WAIT]


@pytest.mark.parametrize("said", ["", "soon", "-1", "²", "Tue, 24 Nov 2026 00:00:00 GMT"])
def test_other_forms_of_retry_after_fall_back_to_the_backoff(said: str) -> None:
    waits: list[float] = []
    busy = httpx.Response(429, headers=[(b"Retry-After", said.encode())])
    with client_of([busy, TAKEN], waits) as client:
        client.submit(CUP)
    assert waits == [0.25]


@pytest.mark.parametrize(
    "odd",
    [
        httpx.Response(502, text="<html>Bad gateway</html>"),
        httpx.Response(500, json={"problems": [{"field": "x"}]}),
        httpx.Response(500, json={"detail": []}),
        httpx.Response(404),
        httpx.Response(202, text="hello"),
        httpx.Response(202, json=[1]),
        httpx.Response(302, headers={"Location": "/login"}),
    ],
    ids=lambda one: str(one.status_code),
)
def test_answers_of_something_else_are_refused_clearly_and_not_repeated(
    odd: httpx.Response,
) -> None:
    waits: list[float] = []
    expected = f"{odd.status_code}: the answer is not .* check that the address"
    with client_of([odd], waits) as client, pytest.raises(ServerError, match=expected):
        client.submit(CUP)
    assert not waits


def lines_server(fail: Callable[[int, str], bool]) -> tuple[Client, list[list[str]]]:
    """Give a client of a store that keeps or fails lines, and what each request held."""
    requests: list[list[str]] = []

    def handle(request: httpx.Request) -> httpx.Response:
        ids = [msgspec.json.decode(line)["id"] for line in request.content.splitlines()]
        requests.append(ids)
        said = [
            {"line": n, "status": "failed" if fail(len(requests), name) else "accepted"}
            for n, name in enumerate(ids, 1)
        ]
        return httpx.Response(200, content=b"\n".join(map(msgspec.json.encode, said)))

    transport = httpx.MockTransport(handle)
    return Client("http://x", "k", repeats=2, transport=transport, sleep=lambda _: None), requests


def many(n: int) -> list[Listing]:
    return [Listing(id=str(i), version=1, seller_id="s", title="cup") for i in range(n)]


def test_failed_lines_alone_are_sent_again() -> None:
    client, requests = lines_server(lambda request, name: request == 1 and name in ("1", "3"))
    with client:
        answers = list(client.submit_many(many(5)))
    assert [one.status for one in answers] == ["accepted"] * 5
    assert requests == [["0", "1", "2", "3", "4"], ["1", "3"]]


def test_lines_that_keep_failing_are_told_and_numbers_run_on_over_groups() -> None:
    client, requests = lines_server(lambda request, name: name == "3")
    with client:
        answers = list(client.submit_many(iter(many(5)), group=3))
    assert [one.line for one in answers] == [1, 2, 3, 4, 5]
    assert [one.line for one in answers if one.status == "failed"] == [4]
    assert requests == [["0", "1", "2"], ["3", "4"], ["3"], ["3"]]


def test_an_answer_with_lines_missing_is_refused() -> None:
    short = httpx.Response(200, content=b'{"line":1,"status":"accepted"}\n')
    with (
        client_of([short], []) as client,
        pytest.raises(ServerError, match="answered 1 of 2 lines"),
    ):
        list(client.submit_many(many(2)))


def test_nothing_to_send_sends_nothing() -> None:
    with client_of([], []) as client:
        assert list(client.submit_many([])) == []
