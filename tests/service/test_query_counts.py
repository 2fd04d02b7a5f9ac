"""Every page and read takes a bounded number of queries, however many rows there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from bench.reads.fill import Size, fill, tend
from bench.reads.routes import Read, Readers, lend_back
from django.db.backends.utils import CursorWrapper
from django.urls import get_resolver
from tests.acting import TESTS

from mimawari.service.accounts import open_sessions
from mimawari.service.api.edge import Edge
from mimawari.service.api.routes import table as api_table
from mimawari.service.releases.activating import activate_topic_files

pytestmark = pytest.mark.django_db(transaction=True)
SMALL = Size(versions=120, alerts=40, sellers=5, trials=4, moderators=3, waiting=4)
LARGE = Size(versions=1_200, alerts=600, sellers=50, trials=40, moderators=20, waiting=40)
FILES = "^media/"
# Neither pages nor reads: changes, redirects, files, and what sets a cookie.
OTHER = {
    *("review/decide", "review/undo", "review/again", "logout", "favicon.ico", "i18n/setlang/"),
    *("account/sessions", "login/provider", "login/provider/back"),
    # Steps of signing in and of second factors: one account's rows, asked for after a password.
    *("login/code", "login/passkey", "account/app", "account/app/remove", "account/passkeys/add"),
    *("account/passkeys/<row:pk>/remove", "account/codes", "account/codes/new"),
    "account/confirm",
    *("history/reopen", "search/views", "search/views/<row:number>/remove"),
    *("review/together", "proposals/settle", "webhooks/<row:number>/change"),
    "alarms/<row:number>/change",
    "models/<str:version>/stage",
    *("campaigns/begin", "campaigns/<row:number>/change"),
    *("edge-cases/add", "edge-cases/<row:number>/retire"),
    *("search/decided", "decisions/<row:number>/undo"),
    *("seller/restrict", "seller/lift", "seller/standing"),
}


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Note the queries of every thread."""
    noted: list[str] = []
    before = CursorWrapper.execute

    def execute(self: CursorWrapper, sql: str, params: object = None) -> object:
        noted.append(sql)
        return before(self, sql, params)

    with monkeypatch.context() as patch:
        patch.setattr(CursorWrapper, "execute", execute)
        yield noted


def measured(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[int, list[str], Read]]:
    """Ask for everything twice, so that what is kept in memory is; count the second time."""
    monkeypatch.setattr(open_sessions, "EVERY_SECONDS", float("inf"))
    found = {}
    for read in Readers().reads():
        for _ in range(2):
            lend_back()
            with counted(monkeypatch) as noted:
                answer = read.ask()
            assert answer.status_code == 200, read.name
        found[read.name] = (len(noted), list(noted), read)
    return found


@pytest.fixture
def topics(db: None, topic_file: Callable[..., Path]) -> None:
    """Put two topics in force."""
    files = [topic_file(capacity=50), topic_file("drugs", "weed", 50)]
    activate_topic_files(files, TESTS, "set-up")


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("tended", [True, False], ids=["tended", "untended"])
@pytest.mark.usefixtures("topics")
def test_no_page_takes_more_queries_than_it_may(
    size: Size, tended: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(size)
    if tended:
        tend()
    over = {
        name: (n, read.most, queries)
        for name, (n, queries, read) in measured(monkeypatch).items()
        if n > read.most
    }
    assert over == {}


@pytest.mark.usefixtures("topics")
def test_a_decision_takes_no_more_queries_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    fill(SMALL)
    api = Readers().api
    counts = []
    for _ in range(4):  # the first ones of a topic read its file too
        alert = api.post("/api/v1/reviews:next", json={}).json()["alert"]
        with counted(monkeypatch) as noted:
            saved = api.post(f"/api/v1/reviews/{alert}", json={"verdict": "violates"})
        assert saved.json()["status"] == "saved"
        counts.append(len(noted))
    assert counts[-1] <= 7, "\n".join(noted)


@pytest.mark.usefixtures("topics")
def test_every_page_and_every_read_is_in_the_table() -> None:
    fill(SMALL)
    table = [read.name for read in Readers().reads()]
    pages = {str(one.pattern) for part in get_resolver().url_patterns for one in _leaves(part)}
    shown = {name.split()[0].strip("/").partition("?")[0] for name in table if name[0] == "/"}
    known = {
        "quality/<str:topic>": "quality/TOPIC",
        "trials/<row:number>": "trials/N",
        "webhooks/<row:number>": "webhooks/N",
        "alarms/<row:number>": "alarms/N",
        "monitoring/<str:topic>": "monitoring/TOPIC",
        "decisions/<row:number>": "decisions/N",
        "campaigns/<row:number>": "campaigns/N",
        "models/<str:version>": "models/VERSION",
        "flows/<str:name>": "flows/NAME",
        "flows/<str:name>/card": "flows/NAME/card",
        "topics/<str:topic>/edge-cases": "topics/TOPIC/edge-cases",
        "topics/<str:topic>/versions": "topics/TOPIC/versions",
        "data-sets/<str:version>": "data-sets/VERSION",
    }
    missing = {known.get(p, p).strip("/") for p in pages - OTHER if not p.startswith(FILES)} - shown
    assert missing == set()
    api = {route.path for route in _routes(api_table(Edge())) if "GET" in route.methods}
    reads = {name.split()[1].rstrip(",") for name in table if name.startswith("GET")}
    names = {
        "{id:path}": "ID",
        "{trial:number}": "N",
        "{endpoint:number}": "N",
        "{group:number}": "N",
        "{number:number}": "N",
        "{alarm:number}": "N",
        "{topic:path}": "TOPIC",
        "{seller:path}": "SELLER",
        "{version:path}": "VERSION",
    }
    for pattern, word in names.items():
        api = {path.replace(pattern, word) for path in api}
    assert api == reads


def _leaves(part: object) -> Iterator[object]:
    inner = getattr(part, "url_patterns", None)
    if inner is None:
        yield part
    else:
        for one in inner:
            yield from _leaves(one)


def _routes(table: object, prefix: str = "") -> Iterator[object]:
    for one in table:  # type: ignore[attr-defined]
        if hasattr(one, "methods"):
            one.path = prefix + one.path
            yield one
        else:
            yield from _routes(one.routes, prefix + one.path)
