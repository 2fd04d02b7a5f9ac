"""Requests drawn from the OpenAPI document: every answer is one that the document names."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from bench.server import Server
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from mimawari.service.api.operation import AnyOperation
from mimawari.service.api.routes import OPERATIONS

pytestmark = pytest.mark.xdist_group("server")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@schemathesis.serializer("application/x-ndjson")
def lines(_context: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


@pytest.fixture(scope="module")
def described(server: Server) -> Any:
    return schemathesis.openapi.from_url(f"{server.address}/api/v1/openapi.json")


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.id)
def test_answers_are_as_described(described: Any, key: str, operation: AnyOperation) -> None:
    @settings(
        max_examples=25,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=described[operation.path][operation.method].as_strategy())
    def run(case: Any) -> None:
        case.call_and_validate(headers={"Authorization": f"Bearer {key}"}, checks=CHECKS)

    run()
