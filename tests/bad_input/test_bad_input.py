"""Bad input at every entrance: a clear error, nothing lost, the rest goes on."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from bench.server import Server
from tests.bad_input.conftest import Ingested
from tests.bad_input.inputs import ENTRANCES, FILES, GOOD, INPUTS, LINE, ONE, Input, as_json

from mimawari.client import Client
from mimawari.errors import InvalidInputError
from mimawari.listings.listing import Listing

pytestmark = pytest.mark.xdist_group("bad-input")
Problems = list[dict[str, str]]
ids = [one.name for one in INPUTS]
every_input = pytest.mark.parametrize(("number", "given"), list(enumerate(INPUTS)), ids=ids)


def expect(given: Input, entrance: str, problems: Problems) -> None:
    """Hold what was told against the table."""
    told = given.at(entrance)
    if told is None:
        assert problems == []
        return
    field, problem, remedy = told
    found = problems[0]
    assert found["field"] == field
    assert problem in found["problem"]
    assert remedy in found["remedy"]
    assert len(json.dumps(problems)) < 1_000


def test_every_entrance_is_tried() -> None:
    assert {*ONE, *LINE, *FILES, "jsonl"} == set(ENTRANCES)


@every_input
@pytest.mark.parametrize("entrance", ["single", "check"])
def test_one_body(http: httpx.Client, entrance: str, number: int, given: Input) -> None:
    path = {"single": "/api/v1/listings", "check": "/api/v1/check"}[entrance]
    row = {**GOOD, "id": f"{entrance}-{number}", **given.fields}
    answer = http.post(path, content=as_json(row))
    if given.told is None:
        assert answer.is_success
    else:
        assert answer.status_code == (413 if "title of ten" in given.name else 422)
    expect(given, entrance, answer.json().get("problems", []))
    kept = http.get(f"/api/v1/listings/{row['id']}").status_code == 200
    assert kept == (entrance == "single" and given.told is None)


@every_input
def test_a_bad_line_in_the_middle(http: httpx.Client, number: int, given: Input) -> None:
    rows = [{**GOOD, "id": f"batch-{number}-{i}"} for i in range(5)]
    rows[2] |= given.fields
    body = b"\n".join(as_json(row) for row in rows)
    answer = http.post("/api/v1/listings:batch", content=body)
    told = [json.loads(line) for line in answer.text.splitlines()]
    assert [one["line"] for one in told] == [1, 2, 3, 4, 5]
    expect(given, "batch", told[2]["problems"])
    wanted = ["accepted"] * 5
    wanted[2] = "accepted" if given.told is None else "rejected"
    assert [one["status"] for one in told] == wanted
    for row, status in zip(rows, wanted, strict=True):
        known = http.get(f"/api/v1/listings/{row['id']}").status_code == 200
        assert known == (status == "accepted")


def of_client(number: int, given: Input) -> Listing:
    """Make a listing as a program does, without any check."""
    return Listing(**{**GOOD, "id": f"client-{number}", **given.fields})


@every_input
@pytest.mark.parametrize("name", ["submit", "check"])
def test_the_client(client: Client, name: str, number: int, given: Input) -> None:
    listing = of_client(number, given)
    call: Callable[[Listing], object] = getattr(client, name)
    if given.told is None:
        assert call(listing)
        return
    with pytest.raises(InvalidInputError) as error:
        call(listing)
    told = [
        {"field": p.field, "problem": p.problem, "remedy": p.remedy} for p in error.value.problems
    ]
    expect(given, "client", told)


@every_input
def test_the_client_with_many(client: Client, number: int, given: Input) -> None:
    around = [Listing(**{**GOOD, "id": f"many-{number}-{i}"}) for i in range(2)]
    said = list(client.submit_many([around[0], of_client(1_000 + number, given), around[1]]))
    assert [one.line for one in said] == [1, 2, 3]
    assert [said[0].status, said[2].status] == ["accepted", "accepted"]
    expect(given, "client_many", said[1].problems)


@pytest.mark.parametrize("ingested", ["csv", "jsonl", "parquet"], indirect=True, scope="module")
class TestFiles:
    """The same inputs as rows of a file, with the command."""

    def test_the_rest_goes_on(
        self, ingested: Ingested, http: httpx.Client, request: pytest.FixtureRequest
    ) -> None:
        bad = sum(one.told is not None for one in INPUTS)
        good = 2 * len(INPUTS) + 1 - bad
        assert ingested.code == 0
        assert f"{good} accepted, {bad} rejected" in ingested.said
        prefix = request.node.callspec.params["ingested"]
        for i in range(len(INPUTS) + 1):
            assert http.get(f"/api/v1/listings/{prefix}-good-{i}").status_code == 200

    @every_input
    def test_a_row_in_the_middle(
        self, ingested: Ingested, request: pytest.FixtureRequest, number: int, given: Input
    ) -> None:
        entrance = request.node.callspec.params["ingested"]
        row = ingested.rejects.get(2 * number + 2)
        expect(given, entrance, row["problems"] if row else [])
        if row:
            assert row["line"] == row["row"] + (entrance == "csv")


def test_all_that_was_taken_is_scored(server: Server, http: httpx.Client) -> None:
    sent = http.post("/api/v1/listings", json={**GOOD, "id": "taken"})
    assert sent.status_code == 202, sent.text
    server.drained()
    told: dict[str, Any] = http.get("/api/v1/listings/taken").json()
    assert told["versions"][0]["state"] == "scored"
