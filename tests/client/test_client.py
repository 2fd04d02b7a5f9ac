"""The client repeats what it should, and turns answers into errors people can read."""

from __future__ import annotations

import json

import httpx
import pytest

from mimawari.client import Client, ServerError
from mimawari.errors import InvalidInputError
from mimawari.listings.listing import Listing

CUP = Listing(id="1", version=1, seller_id="s", title="cup")
PROBLEM = {"problems": [{"field": "title", "problem": "is empty", "remedy": "give one"}]}


def client(*answers: httpx.Response | Exception) -> tuple[Client, list[float], list[httpx.Request]]:
    """Give a client whose server answers in this order, its waits, and the requests it got."""
    left, waits, requests = list(answers), [], []

    def serve(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    transport = httpx.MockTransport(serve)
    made = Client("http://shop.test", "mmw_a_b", 2, sleep=waits.append, transport=transport)
    return made, waits, requests


def test_it_waits_as_long_as_the_server_asks() -> None:
    made, waits, requests = client(
        httpx.Response(429, headers={"Retry-After": "7"}),
        httpx.ConnectError("refused"),
        httpx.Response(202, json={"status": "accepted"}),
    )
    assert made.submit(CUP) == "accepted"
    assert waits == [7.0, 0.5]
    assert {r.headers["authorization"] for r in requests} == {"Bearer mmw_a_b"}


def test_it_gives_up_with_the_reason() -> None:
    made, waits, _ = client(*[httpx.Response(503, json=PROBLEM)] * 3)
    with pytest.raises(ServerError, match="503: title: is empty"):
        made.submit(CUP)
    assert len(waits) == 2


def test_problems_of_the_input_are_not_repeated() -> None:
    made, waits, _ = client(httpx.Response(422, json=PROBLEM))
    with pytest.raises(InvalidInputError, match="title: is empty; give one"):
        made.submit(CUP)
    assert not waits


def test_many_are_sent_in_groups_and_counted_through() -> None:
    def lines(*statuses: str) -> httpx.Response:
        told = [json.dumps({"line": i + 1, "status": s}) for i, s in enumerate(statuses)]
        return httpx.Response(200, text="\n".join(told))

    made, _, requests = client(lines("accepted", "rejected"), lines("duplicate"))
    told = list(made.submit_many([CUP] * 3, group=2))
    assert [(one.line, one.status) for one in told] == [
        (1, "accepted"),
        (2, "rejected"),
        (3, "duplicate"),
    ]
    assert [r.content.count(b"\n") for r in requests] == [1, 0]


def test_an_unknown_listing_is_none() -> None:
    made, _, _ = client(httpx.Response(404, json=PROBLEM))
    assert made.get("nothing") is None
