"""Every field of every body with values of other types: a problem by name, never another error."""

from __future__ import annotations

import contextlib
import json

import msgspec
import pytest

from mimawari.errors import InvalidInputError
from mimawari.service.api.bodies import Body, decode
from mimawari.service.api.operation import AnyOperation
from mimawari.service.api.routes import OPERATIONS

WRONG = (
    *(None, True, -1, 2**64, 10**400, 1.5, 1e308, "", "\ud800", "\x00", "x" * 70_000),
    *([], [1], ["\ud800"], [[]], {}, {"": {}}, {"a": [None]}),
)
WITH_BODY = [one for one in OPERATIONS if one.body.bounded]


@pytest.mark.parametrize("operation", WITH_BODY, ids=lambda operation: operation.id)
def test_a_value_of_another_type_is_a_problem(operation: AnyOperation) -> None:
    body = operation.body
    assert isinstance(body, Body)
    example = msgspec.to_builtins(body.example)
    for name in body.kind.__struct_encode_fields__:
        for value in WRONG:
            data = json.dumps({**example, name: value}).encode()
            with contextlib.suppress(InvalidInputError):
                body.parse(data) if body.parse else decode(data, body.kind)
