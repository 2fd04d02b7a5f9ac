"""Every documented example holds what its schema says, and does what its operation says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema_rs
import msgspec
import pytest
from bench.server import Server

from mimawari.service.api.bodies import JSON, Lines
from mimawari.service.api.docs_page import render
from mimawari.service.api.operation import AnyOperation
from mimawari.service.api.routes import OPERATIONS, document
from mimawari.service.api.sparse import example_text, sparse
from mimawari.service.api.tags import TAGS

pytestmark = pytest.mark.xdist_group("server")
DOCUMENT = msgspec.to_builtins(document())
each = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.id)


def described(operation: AnyOperation) -> dict[str, Any]:
    part: dict[str, Any] = DOCUMENT["paths"][operation.path][operation.method.lower()]
    return part


def check(schema: dict[str, Any], value: object) -> None:
    """Hold a value against a schema that refers to those of the document."""
    jsonschema_rs.Draft202012Validator({**schema, "components": DOCUMENT["components"]}).validate(
        value
    )


def media(part: dict[str, Any]) -> Iterator[tuple[dict[str, Any], Any]]:
    """Give every schema below a part of the document, with its example."""
    for content in part.get("content", {}).values():
        yield content["schema"], content["example"]


def media_of(part: dict[str, Any], status: int) -> Any:
    """Give the example of an answer in JSON."""
    return part["responses"][str(status)]["content"][JSON]["example"]


def test_operations_are_named_once_and_grouped() -> None:
    names = [operation.id for operation in OPERATIONS]
    assert len(set(names)) == len(names) == 67
    assert {operation.tag for operation in OPERATIONS} == set(TAGS)
    assert [tag["name"] for tag in DOCUMENT["tags"]] == [tag.name for tag in TAGS]


@each
def test_every_example_is_of_its_schema(operation: AnyOperation) -> None:
    part = described(operation)
    assert part["operationId"] == operation.id
    assert part["summary"].endswith(".")
    for response in part["responses"].values():
        for schema, example in media(response):
            check(schema, example)
    for schema, example in media(part.get("requestBody", {})):
        check(schema, example)
    for parameter in part.get("parameters", []):
        assert parameter["description"].endswith(".")
        check(parameter["schema"], parameter["example"])
    assert ("requestBody" in part) == (operation.method == "POST")


def test_a_wrong_example_would_be_seen() -> None:
    (listings,) = (one for one in OPERATIONS if one.id == "submitListing")
    (schema, example), *_ = media(described(listings)["requestBody"])
    with pytest.raises(jsonschema_rs.ValidationError):
        check(schema, {**example, "version": "one"})


@each
def test_every_request_example_is_decoded_to_itself(operation: AnyOperation) -> None:
    body = operation.body
    if isinstance(body, Lines):
        lines = example_text(tuple(sparse(line) for line in body.lines)).splitlines()
        assert tuple(msgspec.json.decode(line, type=body.line) for line in lines) == body.lines
    elif body.bounded:
        data = msgspec.json.encode(sparse(body.example))
        read = body.parse(data) if body.parse else msgspec.json.decode(data, type=body.kind)
        assert read == body.example


def request(operation: AnyOperation, server: Server, key: str) -> httpx.Response:
    """Send the documented example of an operation."""
    path = operation.path
    for name in operation.path_names():
        path = path.replace(f"{{{name}}}", str(getattr(operation.parameters, name)))
    query = {name: getattr(operation.parameters, name) for name in operation.query_names()}
    body = operation.body
    content = (
        example_text(tuple(sparse(line) for line in body.lines)).encode()
        if isinstance(body, Lines)
        else msgspec.json.encode(sparse(body.example))
    )
    with server.client(key) as client:
        return client.request(
            operation.method,
            path,
            params=query,
            content=content if operation.method == "POST" else None,
            headers={"Content-Type": body.media},
        )


# What the examples meet on a server where their listing is the first, and no model is registered.
OTHERWISE = {
    "escalateReview": (409, "alert"),  # decided by the example before
    "skipReview": (409, "alert"),
    "getDecisionGroup": (404, "group"),
    "undoDecisionGroup": (404, "group"),
    "liftAction": (404, "action"),
    "takeAction": (404, "action"),
    "startBacktest": (422, "candidate"),
    "startExperiment": (422, "candidate"),
    "getBacktest": (404, "trial"),
    "getExperiment": (404, "trial"),
    "stopBacktest": (404, "trial"),
    "stopExperiment": (404, "trial"),
    "finishExperiment": (404, "trial"),
    "decideFamily": (422, "family"),
    "getModel": (404, "model"),
    "getModelCard": (404, "model"),
    "promoteModel": (404, "model"),
    "rollBackTopic": (422, "topic"),
    "getAlarm": (404, "alarm"),
    "acknowledgeAlarm": (404, "alarm"),
    "resolveAlarm": (404, "alarm"),
    "getCampaign": (404, "campaign"),
    "pauseCampaign": (404, "campaign"),
    "resumeCampaign": (404, "campaign"),
    "endCampaign": (404, "campaign"),
    "editCampaign": (404, "campaign"),
    "retireEdgeCase": (404, "edge case"),
    "getDataSet": (404, "data set"),
    "getDataSetChanges": (404, "data set"),
}


def test_every_example_does_what_its_operation_says(server: Server, key: str) -> None:
    for operation in OPERATIONS:
        answer = request(operation, server, key)
        status, field = OTHERWISE.get(operation.id, (operation.answers[0].status, None))
        assert answer.status_code == status, (operation.id, answer.text)
        content = described(operation)["responses"][str(status)]["content"]
        kind = answer.headers["Content-Type"].partition(";")[0]
        assert kind in content, operation.id
        if kind == JSON:
            check(content[kind]["schema"], answer.json())
        if field:
            assert [one["field"] for one in answer.json()["problems"]] == [field]
        if operation.id == "planComparison":
            assert answer.json() == media_of(described(operation), status)
        if operation.id == "submitListings":
            lines = [json.loads(line) for line in answer.text.splitlines()]
            assert lines == list(msgspec.to_builtins(operation.answers[0].example))
            server.drained()


def test_the_page_finds_its_style(server: Server) -> None:
    (address,) = re.findall(r'rel="stylesheet" href="([^"]+)"', render(OPERATIONS))
    answer = httpx.get(server.address + address)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/css")


def test_the_page_shows_every_operation_with_its_examples() -> None:
    page = render(OPERATIONS)
    for operation in OPERATIONS:
        assert f'<article id="{operation.id}">' in page
        assert f"{operation.method} {operation.path}</code>" in page
        if operation.permission:
            assert f"<code>{operation.permission}</code>" in page
    assert "&quot;seller_id&quot;: &quot;s7&quot;" in page
    assert "<script" not in page
