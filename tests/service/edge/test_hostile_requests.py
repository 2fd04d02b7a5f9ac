"""What no program sends by accident: no answer of the server's own fault, and the rest goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest
from bench.server import Server
from django.test import Client
from tests.acting import TESTS

from mimawari.service.accounts import roles

pytestmark = pytest.mark.xdist_group("server")
HALF = '{"id":"h","version":1,"seller_id":"s","title":"t","price_minor":"\\ud800"}'
LISTINGS = "/api/v1/listings"


@pytest.fixture(scope="module")
def client(server: Server, key: str) -> Iterator[httpx.Client]:
    with server.client(key) as one:
        yield one


def good(name: str) -> str:
    return json.dumps({"id": name, "version": 1, "seller_id": "s", "title": "a cup"})


@pytest.mark.parametrize("path", [LISTINGS, "/api/v1/check"])
def test_half_a_surrogate_pair_in_a_price(client: httpx.Client, path: str) -> None:
    answer = client.post(path, content=HALF)
    assert answer.status_code == 422
    assert [problem["field"] for problem in answer.json()["problems"]] == ["price_minor"]


def test_half_a_surrogate_pair_in_a_batch(client: httpx.Client) -> None:
    body = "\n".join([good("half-1"), HALF, good("half-2")])
    answer = client.post(f"{LISTINGS}:batch", content=body)
    statuses = [json.loads(line)["status"] for line in answer.text.splitlines()]
    assert statuses == ["accepted", "rejected", "accepted"]


@pytest.mark.parametrize("digits", [18, 19, 20, 100, 101, 5_000])
@pytest.mark.parametrize(
    "path", ["/api/v1/reviews/{}", "/api/v1/experiments/{}", "/api/v1/backtests/{}/x", "/trials/{}"]
)
def test_digits_in_a_path(client: httpx.Client, path: str, digits: int) -> None:
    for method in ("GET", "POST"):
        answer = client.request(method, path.format("9" * digits), content="{}")
        assert 300 <= answer.status_code < 500, answer.text


def test_digits_in_a_query(client: httpx.Client) -> None:
    for path in ("/api/v1/experiments", "/api/v1/backtests"):
        answer = client.get(path, params={"limit": "9" * 5_000})
        assert answer.status_code == 422


def test_no_trace_of_any(server: Server) -> None:
    assert "Traceback" not in server.log.read_text("utf-8")


@pytest.mark.django_db
@pytest.mark.parametrize("digits", [19, 100, 5_000])
@pytest.mark.parametrize(
    "path", ["/trials/{}", "/quality/{}", "/listing?id={}", "/review/next?besides={}"]
)
def test_digits_in_a_page(path: str, digits: int) -> None:
    browser = Client()
    browser.force_login(roles.add("ada", None, "admin", TESTS))
    assert browser.get(path.format("9" * digits)).status_code in (200, 404)
