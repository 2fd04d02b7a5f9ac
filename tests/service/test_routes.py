"""Every page and every route of the API: without credentials, with wrong ones, too little, enough.

A page or route that declares nothing fails here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.core.handlers.asgi import ASGIHandler
from django.test import Client
from django.urls import URLPattern, get_resolver
from starlette.routing import Mount, Route
from starlette.testclient import TestClient
from tests.acting import TESTS

from mimawari.service.accounts import account_state, keys, roles
from mimawari.service.accounts.guard import DECLARED
from mimawari.service.accounts.permissions import GRANTS, Permission, Role
from mimawari.service.api import tags
from mimawari.service.api.app import application
from mimawari.service.api.bodies import NO_BODY
from mimawari.service.api.edge import Edge
from mimawari.service.api.operation import NO_PARAMETERS, Answer, Operation
from mimawari.service.api.routes import OPERATIONS, document, table

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("generation")]
PARAMETERS = {"<str:topic>": "weapons", "<row:number>": "1", "<row:pk>": "1"}
ALL_ROLES = frozenset({Permission.CONSOLE, Permission.LISTINGS})


def pages(part: object = None, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Give every page of Django's with its address."""
    for one in (part or get_resolver()).url_patterns:  # type: ignore[attr-defined]
        path = before + str(one.pattern)
        if isinstance(one, URLPattern):
            if path.startswith("^media/"):
                path = "media/" + "0" * 64 + ("/small" if "/small" in path else "")
            for name, value in PARAMETERS.items():
                path = path.replace(name, value)
            yield "/" + path, one
        else:
            yield from pages(one, path)


def declared(page: URLPattern) -> Permission | None:
    assert hasattr(page.callback, DECLARED), f"{page.pattern} declares no permission"
    permission: Permission | None = getattr(page.callback, DECLARED)
    return permission


GUARDED = [(path, permission) for path, one in pages() if (permission := declared(one))]
PUBLIC = [path for path, one in pages() if declared(one) is None]


def asked(client: Client, path: str) -> int:
    """Give the status of a page, posted to where it takes nothing else."""
    answer = client.get(path)
    if answer.status_code == 405:
        answer = client.post(path)
    if answer.status_code == 302 and answer["Location"].startswith("/login?"):
        return 401
    return answer.status_code


def test_pages_are_all_there() -> None:
    assert len({path for path, _ in GUARDED}) == 72
    assert sorted(set(PUBLIC)) == [
        *("/favicon.ico", "/i18n/setlang/", "/login", "/login/code", "/login/passkey"),
        *("/login/provider", "/login/provider/back", "/logout"),
    ]


@pytest.mark.parametrize("path", PUBLIC)
def test_public_pages_are_for_everybody(path: str) -> None:
    # The identity provider's are there once one is set up (sign_in/test_provider.py).
    assert asked(Client(), path) in (200, 301, 302, 404 if "provider" in path else 200)


@pytest.mark.parametrize(("path", "permission"), GUARDED)
def test_pages(path: str, permission: Permission, monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked(Client(), path) == 401, "without"
    forged = Client()
    forged.cookies["sessionid"] = SessionStore().create() or "a" * 32  # type: ignore[func-returns-value]
    assert asked(forged, path) == 401, "wrong"
    for role in Role:
        client, account = Client(), roles.add(role, None, role, TESTS)
        client.force_login(account)
        if permission in GRANTS[role]:
            assert asked(client, path) not in (401, 403, 405), role
        else:
            assert asked(client, path) == 403, role
        with monkeypatch.context() as patch:
            patch.setitem(GRANTS, role, GRANTS[role] - {permission})
            assert asked(client, path) == 403, "too little"
        if role is not Role.ADMIN:
            account_state.disable(role, TESTS, "left")
            assert asked(client, path) == 401, "wrong by now"
    few = {role for role in Role if permission not in GRANTS[role]}
    assert few or permission in ALL_ROLES


def api() -> Iterator[tuple[str, str]]:
    """Give method and path of every route of the edge."""
    for part in table(Edge()):
        inner = part.routes if isinstance(part, Mount) else [part]
        for one in inner:
            assert isinstance(one, Route)
            path = part.path + one.path if isinstance(part, Mount) else one.path
            for method in (one.methods or set()) - {"HEAD"}:
                yield method, re.sub(r":\w+\}", "}", path)


def test_every_route_is_of_a_declared_operation_and_described_so() -> None:
    assert sorted(api()) == sorted((one.method, one.path) for one in OPERATIONS)
    described = {
        (method.upper(), path): one.security
        for path, methods in document().paths.items()
        for method, one in methods.items()
    }
    for operation in OPERATIONS:
        permission = operation.permission
        wanted = [{"key": [permission]}] if permission else []
        assert described[operation.method, operation.path] == wanted, operation.path


def test_nothing_is_declared_without_saying_what_it_needs() -> None:
    said = {
        "method": "GET", "path": "/api/v1/new", "id": "getNew", "tag": tags.SYSTEM,
        "summary": "New.", "parameters": NO_PARAMETERS, "body": NO_BODY,
        "answers": (Answer(204, "Nothing"),),
    }  # fmt: skip
    with pytest.raises(TypeError, match="permission"):
        Operation(**said)
    assert Operation(**said, permission=None).permission is None


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.id)
def test_routes_of_the_api(operation: Operation) -> None:  # type: ignore[type-arg]
    permission, method = operation.permission, operation.method
    edge = TestClient(application(Edge(), ASGIHandler()), raise_server_exceptions=False)
    where = operation.path.replace("{id}", "L1").replace("{trial}", "1").replace("{alert}", "1")
    where = where.replace("{topic}", "weapons").replace("{action}", "1")
    where = where.replace("{endpoint}", "1").replace("{group}", "1")
    where = where.replace("{number}", "1")
    where = where.replace("{alarm}", "1")

    def status(key: str | None, kind: str = "Bearer") -> int:
        headers = {} if key is None else {"Authorization": f"{kind} {key}"}
        content = b"" if method == "POST" else None
        return edge.request(method, where, headers=headers, content=content).status_code

    if permission is None:
        assert status(None) == 200
        return
    roles.add("anna", None, "moderator", TESTS)

    def made(*scopes: keys.Scope) -> str:
        return keys.create("tests", scopes, TESTS, "anna" if keys.Scope.REVIEW in scopes else "")

    enough, others = keys.Scope(permission), set(keys.Scope) - {keys.Scope(permission)}
    ended = made(enough)
    keys.revoke(ended.split("_")[1], TESTS)
    assert status(None) == 401, "without"
    for wrong in ("nonsense", ended, made(enough) + "x"):
        assert status(wrong) == 401, "wrong"
    assert status(made(enough), "Basic") == 401, "wrong"
    assert status(made(*others)) == 403, "too little"
    assert status(made(enough)) in (200, 204, 404, 422), "enough"
