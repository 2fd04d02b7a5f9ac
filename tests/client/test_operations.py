"""Every operation of the API is a method of both clients, and both send the same."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import pytest
from scripts import client_operations

from mimawari.client import AsyncClient, Client, ServerError
from mimawari.errors import InvalidInputError
from mimawari.listings.listing import Listing
from mimawari.service.api.bodies import Lines
from mimawari.service.api.operation import Operation
from mimawari.service.api.routes import OPERATIONS

AnyOperation = Operation[Any, Any]
each = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.id)
Serve = Callable[[httpx.Request], httpx.Response]


def clients(serve: Serve, repeats: int = 2) -> tuple[Client, AsyncClient, list[float]]:
    """Give both clients of one server, and their waits."""
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    transport = httpx.MockTransport(serve)
    at = ("http://shop.test", "mmw_a_b", repeats)
    return (
        Client(*at, sleep=waits.append, transport=transport),
        AsyncClient(*at, sleep=sleep, transport=transport),
        waits,
    )


def arguments(operation: AnyOperation) -> tuple[list[Any], dict[str, Any]]:
    """Give what a program would hand over for an operation's example."""
    positional, named = [], {}
    for name in operation.parameters.__struct_fields__:
        value = msgspec.to_builtins(getattr(operation.parameters, name))
        if f"{{{name}}}" in operation.path:
            positional.append(value)
        else:
            named[name] = value
    if isinstance(operation.body, Lines):
        positional.append(list(operation.body.lines))
    elif operation.body.kind is Listing:
        positional.append(operation.body.example)
    elif operation.body.bounded:
        named |= msgspec.to_builtins(operation.body.example)
    return positional, named


def written(value: object) -> Any:
    """Give a value as JSON would carry it."""
    return msgspec.json.decode(msgspec.json.encode(value))


@each
def test_both_clients_send_the_example_and_read_its_answer(operation: AnyOperation) -> None:
    answer = operation.answers[0]
    requests: list[httpx.Request] = []
    example: Any = answer.example
    lines = answer.media.endswith("ndjson")
    if isinstance(example, str):
        content = example.encode()
    elif lines:
        content = b"\n".join(msgspec.json.encode(one) for one in example)
    else:
        content = msgspec.json.encode(example)

    def serve(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(answer.status, content=content)

    client, waiting, _ = clients(serve)
    positional, named = arguments(operation)
    name = client_operations.snake(operation.id)
    read = getattr(client, name)(*positional, **named)
    again = asyncio.run(getattr(waiting, name)(*positional, **named))
    assert read == again
    assert read == example if isinstance(example, str) else written(read) == written(example)
    sent, resent = requests
    assert (sent.method, sent.url, sent.content) == (resent.method, resent.url, resent.content)
    parts = msgspec.to_builtins(operation.parameters)
    assert sent.method == operation.method
    assert urlsplit(str(sent.url)).path == operation.path.format(**parts)
    asked = {k: str(v) for k, v in named.items() if k in parts and v not in ("", None)}
    if not any(isinstance(value, bool | list) for value in named.values()):
        got = {k: v[0] for k, v in parse_qs(sent.url.query.decode()).items()}
        assert got == asked
    if operation.body.bounded and not isinstance(operation.body, Lines):
        told = {k: v for k, v in written(operation.body.example).items() if v is not None}
        assert {k: v for k, v in written_body(sent).items() if v is not None} == told


def written_body(request: httpx.Request) -> Any:
    return msgspec.json.decode(request.content)


def test_the_files_are_what_the_api_declares() -> None:
    folder = client_operations.FOLDER
    made = client_operations.modules()
    assert {path.name for path in folder.glob("*.py")} == set(made)
    for name, text in made.items():
        now = (folder / name).read_text("utf-8")
        assert now == client_operations.formatted(text), "run python -m scripts.client_operations"


def test_what_might_be_done_twice_is_not_sent_again_after_a_lost_answer() -> None:
    seen: list[str] = []

    def lost(request: httpx.Request) -> httpx.Response:
        seen.append(request.method)
        raise httpx.ReadError("reset")

    client, waiting, waits = clients(lost)
    with pytest.raises(ServerError, match="may have been done"):
        client.promote_model("weapons-0123456789ab", to="shadow", reason="why")
    with pytest.raises(ServerError, match="may have been done"):
        asyncio.run(_promote(waiting))
    assert len(seen) == 2
    with pytest.raises(ServerError):
        client.list_models()
    assert len(seen) == 5
    assert waits == [0.25, 0.5]


async def _promote(client: AsyncClient) -> None:
    await client.promote_model("weapons-0123456789ab", to="shadow", reason="why")


def test_it_is_sent_again_where_it_was_surely_not_taken() -> None:
    told = {"version": "v", "stage": "s", "generation": 1, "request": None}
    left: list[httpx.Response | Exception] = []
    for _ in range(2):
        left += [
            httpx.ConnectError("refused"),
            httpx.Response(503, headers={"Retry-After": "3"}),
            httpx.Response(200, json=told),
        ]

    def serve(_request: httpx.Request) -> httpx.Response:
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    client, waiting, waits = clients(serve)
    assert client.promote_model("v", to="shadow", reason="why")["generation"] == 1
    asyncio.run(_promote(waiting))
    assert waits == [0.25, 3.0] * 2


def test_a_refusal_names_its_fields_in_both() -> None:
    problem = {"problems": [{"field": "model", "problem": "is not there", "remedy": "see"}]}
    client, waiting, _ = clients(lambda _: httpx.Response(404, json=problem))
    with pytest.raises(InvalidInputError, match="model: is not there"):
        client.get_model("x")

    async def ask() -> None:
        async with waiting as one:
            await one.get_model("x")

    with pytest.raises(InvalidInputError, match="model: is not there"):
        asyncio.run(ask())
    with pytest.raises(InvalidInputError, match="half of a surrogate pair"):
        client.get_model("\ud800")


def test_types_are_those_of_the_answers(tmp_path: Path) -> None:
    """What a type checker sees: the answer here, something to await there."""
    from mypy import api

    program = tmp_path / "program.py"
    program.write_text(
        "from mimawari.client import AsyncClient, Client\n"
        "def one(client: Client) -> None:\n"
        "    reveal_type(client.list_models(limit=3)['models'][0]['version'])\n"
        "    client.list_models(limit='3')\n"
        "async def two(client: AsyncClient) -> None:\n"
        "    reveal_type((await client.get_model('x'))['figures'][0]['figure']['low'])\n",
        "utf-8",
    )
    said, _, _ = api.run(
        ["--no-incremental", "--config-file=", "--follow-imports=silent", str(program)]
    )
    assert re.search(r'3: note: Revealed type is "(builtins\.)?str"', said)
    assert 'Argument "limit"' in said
    assert re.search(r'6: note: Revealed type is "(builtins\.)?float \| None"', said)
