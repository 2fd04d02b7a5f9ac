"""Every route of the API and every page of the console, as a good request each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlencode

import msgspec
from django.urls import URLPattern, URLResolver, get_resolver

from bench.hostile.mutations import Sent
from mimawari.service.api.operation import AnyOperation
from mimawari.service.api.routes import OPERATIONS

IN_PATH = {"str": "weapons", "int": "1", "slug": "weapons", "uuid": "0" * 32}
SHA256 = "0" * 64


def routes() -> Iterator[Sent]:
    """Give every operation of the API with its examples."""
    for operation in OPERATIONS:
        yield _route(operation)


def _route(operation: AnyOperation) -> Sent:
    parameters = msgspec.to_builtins(operation.parameters)
    path = operation.path
    for name in operation.path_names():
        path = path.replace(f"{{{name}}}", str(parameters[name]))
    query = {n: str(parameters[n]) for n in operation.query_names() if parameters[n] is not None}
    query.pop("wait", None)  # half a minute of nothing
    example = operation.body.example if operation.body.bounded or operation.body.media else None
    many = example if isinstance(example, tuple) else (example,)
    has_body = operation.method in {"POST", "PUT", "PATCH"}
    body = b"\n".join(msgspec.json.encode(part) for part in many) if has_body else b""
    headers = {"Content-Type": operation.body.media} if body else {}
    return Sent(operation.id, operation.method, path, query, headers, body)


def pages() -> Iterator[Sent]:
    """Give every address of the console, asked for and posted to."""
    form = urlencode({"topic": "weapons", "alert": "1", "verdict": "violation", "seconds": "2"})
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    for path in _paths(get_resolver(), "/"):
        yield Sent(path, "GET", path, {"topic": "weapons"})
        yield Sent(path, "POST", path, {}, headers, form.encode())


def _paths(part: URLResolver, before: str) -> Iterator[str]:
    for entry in part.url_patterns:
        path = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _paths(entry, path)
        elif isinstance(entry, URLPattern) and "logout" not in path:
            yield _filled(path)


def _filled(path: str) -> str:
    if "^" in path:
        return path.partition("^")[0] + "media/" + SHA256
    return re.sub(r"<(\w+):\w+>", lambda match: IN_PATH.get(match[1], "1"), path)
