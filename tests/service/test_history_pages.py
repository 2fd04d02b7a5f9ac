"""A listing of very many versions is told page by page."""

from __future__ import annotations

import re

import pytest
from django.core.handlers.asgi import ASGIHandler
from django.test import Client
from starlette.testclient import TestClient
from tests.acting import TESTS
from tests.service.conftest import listing

from mimawari.service.accounts import keys, roles
from mimawari.service.api.app import application
from mimawari.service.api.edge import Edge
from mimawari.service.intake import log
from mimawari.service.review.listing_history import NEWEST, history_of

pytestmark = pytest.mark.django_db(transaction=True)
VERSIONS = 120


@pytest.fixture(autouse=True)
def versions() -> None:
    log.append([listing(1, f"cup {i}", version=i) for i in range(VERSIONS)])


def test_pages_together_are_the_whole() -> None:
    seen: list[int] = []
    before: int | None = NEWEST
    while before is not None:
        page = history_of("L1", before, 50)
        assert page is not None
        assert len(page.versions) <= 50
        seen += [version.version for version in page.versions]
        before = page.next_before
    assert seen == list(reversed(range(VERSIONS)))


def test_the_api() -> None:
    edge = TestClient(application(Edge(), ASGIHandler()), raise_server_exceptions=False)
    key = keys.create("tests", [keys.Scope.READ], TESTS)

    def asked(**query: object) -> object:
        headers = {"Authorization": f"Bearer {key}"}
        answer = edge.get("/api/v1/listings/L1", params=query, headers=headers)  # type: ignore[arg-type]
        if answer.status_code != 200:
            return answer.status_code
        told = answer.json()
        return len(told["versions"]), told["next_before"]

    assert asked() == (50, VERSIONS - 50)
    assert asked(before=20) == (20, None)
    assert asked(before=0) == (0, None)
    assert asked(before=30, limit=30) == (30, None)
    assert asked(limit=200) == (VERSIONS, None)
    for wrong in ({"limit": 201}, {"limit": 0}, {"before": "x"}, {"before": -1}, {"page": 2}):
        assert asked(**wrong) == 422


def test_the_page() -> None:
    browser = Client()
    browser.force_login(roles.add("ada", None, "admin", TESTS))
    titles, path = [], "/listing?id=L1"
    while path:
        page = browser.get(path).content.decode()
        titles += re.findall(r"<strong>\s*(cup \d+)\s*</strong>", page)
        older = re.search(r'href="(\?id=L1&amp;before=\d+)"', page)
        path = "/listing" + older.group(1).replace("&amp;", "&") if older else ""
    assert titles == [f"cup {i}" for i in reversed(range(VERSIONS))]
