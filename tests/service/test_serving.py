"""What an operation declares is what its route does."""

from __future__ import annotations

from typing import Annotated

import msgspec
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from mimawari.errors import FieldProblem, ForbiddenError, InvalidInputError
from mimawari.service.api import tags
from mimawari.service.api.bodies import NO_BODY, Body, Nothing
from mimawari.service.api.edge import Edge
from mimawari.service.api.operation import Answer, Call, Endpoint, Operation, RefusedError
from mimawari.service.api.serving import route

PROBLEM = FieldProblem("shelf", "is full", "clear it")


class Shelf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    shelf: Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1, description="Its number.")]
    size: Annotated[int, msgspec.Meta(ge=1, le=9, description="At most so many.")] = 5


class Book(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str


class Seen(msgspec.Struct, frozen=True):
    shelf: int
    size: int
    title: str


def client(result: object) -> TestClient:
    """Give a client of one operation, whose handler gives or raises what it is told to."""

    @Operation(
        method="POST",
        path="/shelves/{shelf}",
        id="putBook",
        tag=tags.SYSTEM,
        summary="Put a book on a shelf.",
        permission=None,
        parameters=Shelf(1),
        body=Body(Book, Book("Emma")),
        answers=(Answer(201, "Put", Seen, Seen(1, 5, "Emma")), Answer(204, "Not needed")),
        refusals={409: "The shelf is full"},
    )
    async def put(call: Call[Shelf, Book]) -> object:
        if isinstance(result, Exception):
            raise result
        given = Seen(call.parameters.shelf, call.parameters.size, call.body.title)
        return given if result is Seen else result

    return served(put)


def served(endpoint: Endpoint) -> TestClient:
    return TestClient(Starlette(routes=[route(endpoint, Edge())]), raise_server_exceptions=False)


def test_parameters_and_body_are_decoded() -> None:
    answer = client(Seen).post("/shelves/7?size=3", json={"title": "Emma"})
    assert (answer.status_code, answer.json()) == (201, {"shelf": 7, "size": 3, "title": "Emma"})
    assert client(Seen).post("/shelves/7", json={"title": "Emma"}).json()["size"] == 5


@pytest.mark.parametrize(
    ("address", "body", "status", "field"),
    [
        ("/shelves/0", {"title": "Emma"}, 404, "shelf"),
        (f"/shelves/{2**63}", {"title": "Emma"}, 404, "shelf"),
        ("/shelves/1?size=0", {"title": "Emma"}, 422, "size"),
        ("/shelves/1?size=many", {"title": "Emma"}, 422, "size"),
        ("/shelves/1?colour=red", {"title": "Emma"}, 422, "colour"),
        ("/shelves/1", {}, 422, "title"),
        ("/shelves/1", {"title": 1}, 422, "title"),
        ("/shelves/1", {"title": "Emma", "page": 1}, 422, "page"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(
    address: str, body: object, status: int, field: str
) -> None:
    answer = client(Seen).post(address, json=body)
    assert answer.status_code == status
    (problem,) = answer.json()["problems"]
    assert problem["field"] == field
    assert problem["remedy"]


@pytest.mark.parametrize("address", ["/shelves/x", "/shelves/" + "9" * 5_000, "/shelves/-1"])
def test_what_is_no_number_is_no_address(address: str) -> None:
    assert client(Seen).post(address, json={"title": "Emma"}).status_code == 404


@pytest.mark.parametrize(
    ("result", "status"),
    [
        (None, 204),
        (RefusedError(409, PROBLEM), 409),
        (InvalidInputError(PROBLEM), 422),
        (ForbiddenError(PROBLEM), 403),
        (RefusedError(410, PROBLEM), 500),  # not declared
        (Book("Emma"), 500),  # not declared
    ],
    ids=str,
)
def test_answers_are_those_declared(result: object, status: int) -> None:
    answer = client(result).post("/shelves/1", json={"title": "Emma"})
    assert answer.status_code == status
    if status in (403, 409, 422):
        assert answer.json()["problems"][0]["remedy"] == "clear it"


def test_a_body_over_the_limit_is_not_read() -> None:
    answer = client(Seen).post("/shelves/1", content=b" " * 1_000_001)
    assert (answer.status_code, answer.json()["problems"][0]["field"]) == (413, "body")


def test_a_body_is_not_read_where_none_is_declared() -> None:
    @Operation(
        method="GET", path="/shelves/{shelf}", id="getShelf", tag=tags.SYSTEM, summary="Look.",
        permission=None, parameters=Shelf(1), body=NO_BODY, answers=(Answer(204, "Empty"),),
    )  # fmt: skip
    async def look(_call: Call[Shelf, Nothing]) -> None:
        return None

    assert served(look).request("GET", "/shelves/1", content=b"{").status_code == 204
