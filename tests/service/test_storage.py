"""A full disk, a locked database, a full queue: said plainly, and nothing acknowledged is lost."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import httpx
import msgspec
import pytest
from django.db import connection
from tests.acting import TESTS
from tests.service.conftest import listing
from tests.service.working import work

from mimawari.service.accounts import keys
from mimawari.service.admission.admitter import Admitter
from mimawari.service.admission.models import Alert
from mimawari.service.api import batch
from mimawari.service.api.app import application
from mimawari.service.api.edge import Edge
from mimawari.service.intake import log
from mimawari.service.intake import writer as writing
from mimawari.service.intake.models import ListingVersion
from mimawari.service.platform.work_loop import WorkLoop
from mimawari.service.releases import generations
from mimawari.service.scoring.models import Candidate, CandidateState, Score
from mimawari.service.scoring.scorer import Scorer

pytestmark = pytest.mark.django_db(transaction=True)
only_sqlite = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="limits SQLite's file")
PATH = "/api/v1/listings"


async def behind(_scope: object, _receive: object, _send: object) -> None:
    raise AssertionError("no request of these tests goes to Django")


@asynccontextmanager
async def running(edge: Edge) -> AsyncIterator[httpx.AsyncClient]:
    """Run the edge inside the test, its worker left out: nothing but the writer writes."""
    key = await asyncio.to_thread(_key)
    app = application(edge, behind)
    edge.writer.start()
    headers = {"Authorization": f"Bearer {key}"}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://x", headers=headers) as one:
        yield one
    await asyncio.to_thread(edge.writer.stop)


def _key() -> str:
    made = keys.create("tests", [keys.Scope.WRITE], TESTS)
    connection.close()  # this thread ends
    return made


def body(number: int, size: int = 0) -> dict[str, object]:
    text = "y" * size
    return {"id": f"L{number}", "version": 1, "seller_id": "s", "title": "t", "description": text}


def limited(monkeypatch: pytest.MonkeyPatch, most: dict[str, int]) -> None:
    """Let the database file grow to so many pages, in each transaction that appends."""
    append = writing.log.append

    def with_limit(listings: list[object]) -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA max_page_count = {most['pages']}")
        return append(listings)  # type: ignore[arg-type]

    monkeypatch.setattr(writing.log, "append", with_limit)


def used_pages() -> int:
    """Count the file's pages once it has no free ones left from earlier tests."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")
        return int(cursor.execute("PRAGMA page_count").fetchone()[0])


@only_sqlite
def test_a_full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = used_pages()
    most = {"pages": pages + 30}
    limited(monkeypatch, most)
    acknowledged, refused = [], []

    async def fill() -> None:
        async with running(Edge()) as client:
            for i in range(30):
                answer = await client.post(PATH, json=body(i, 20_000))
                (acknowledged if answer.status_code == 202 else refused).append((i, answer))
            assert acknowledged
            assert refused
            for _, answer in refused:
                assert answer.status_code == 507
                assert answer.json()["problems"][0]["field"] == "storage"
            most["pages"] = 2**30
            again = await client.post(PATH, json=body(refused[0][0], 20_000))
            assert (again.status_code, again.json()["status"]) == (202, "accepted")

    asyncio.run(fill())
    kept = set(ListingVersion.objects.values_list("listing_id", flat=True))
    assert kept == {f"L{i}" for i, _ in acknowledged} | {f"L{refused[0][0]}"}


@only_sqlite
def test_a_full_disk_on_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = used_pages()
    limited(monkeypatch, {"pages": pages + 5})
    lines = b"\n".join(
        httpx.Request("POST", "http://x", json=body(i, 20_000)).content for i in range(9)
    )

    async def send() -> httpx.Response:
        async with running(Edge()) as client:
            return await client.post(f"{PATH}:batch", content=lines)

    answer = asyncio.run(send())
    assert answer.text.count('"status":"failed"') == 9
    assert answer.text.count('"problem":"is full; the line was not kept"') == 9
    assert answer.text.count("free space on the server's disk") == 9
    assert not ListingVersion.objects.exists()


class Lock:
    """SQLite's write lock, held by another connection."""

    def __init__(self) -> None:
        self.other = sqlite3.connect(
            connection.settings_dict["NAME"], isolation_level=None, check_same_thread=False
        )

    def take(self) -> None:
        self.other.execute("BEGIN IMMEDIATE")

    def release(self) -> None:
        self.other.execute("ROLLBACK")


@pytest.fixture
def lock() -> Iterator[Lock]:
    one = Lock()
    yield one
    one.other.close()


@only_sqlite
def test_a_locked_database(lock: Lock, monkeypatch: pytest.MonkeyPatch) -> None:
    append = writing.log.append

    def impatient(listings: list[object]) -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 50")
        return append(listings)  # type: ignore[arg-type]

    monkeypatch.setattr(writing.log, "append", impatient)

    async def send() -> None:
        async with running(Edge()) as client:
            assert (await client.post(PATH, json=body(1))).status_code == 202
            lock.take()
            answer = await client.post(PATH, json=body(2))
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
            lock.release()
            assert (await client.post(PATH, json=body(2))).json()["status"] == "accepted"

    asyncio.run(send())
    assert ListingVersion.objects.count() == 2


def test_a_full_queue_asks_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "MOST_WAITING", 2)
    append, gate = writing.log.append, threading.Event()

    def gated(listings: list[object]) -> list[str]:
        assert gate.wait(10)
        return append(listings)  # type: ignore[arg-type]

    monkeypatch.setattr(writing.log, "append", gated)

    async def send() -> list[int]:
        edge = Edge()
        async with running(edge) as client:
            waiting = [asyncio.create_task(client.post(PATH, json=body(i))) for i in range(2)]
            while edge.writer.waiting < 2:
                await asyncio.sleep(0)
            refused = await client.post(PATH, json=body(3))
            assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
            assert "Retry-After" in refused.json()["problems"][0]["remedy"]
            gate.set()
            statuses = [(await one).status_code for one in waiting]
            again = await client.post(PATH, json=body(3))
            return [*statuses, again.status_code]

    assert asyncio.run(send()) == [202, 202, 202]
    assert ListingVersion.objects.count() == 3


def test_lines_past_the_limit_are_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "MOST_LINES", 600)
    lines = b"\n".join(
        httpx.Request("POST", "http://x", json=body(i)).content for i in range(2_000)
    )

    async def send() -> list[dict[str, object]]:
        async with running(Edge()) as client:
            answer = await client.post(f"{PATH}:batch", content=lines)
            return [json.loads(line) for line in answer.text.splitlines()]

    told = asyncio.run(send())
    assert [one["status"] for one in told] == ["accepted"] * 600 + ["rejected"]
    assert "past line 600" in str(told[-1]["problems"])
    assert ListingVersion.objects.count() == 600


def test_a_client_that_went_away_stops_nothing(generation: int) -> None:
    async def send() -> int:
        async with running(Edge()) as client:
            gone = asyncio.create_task(client.post(PATH, json=body(1)))
            await asyncio.sleep(0)
            gone.cancel()
            return (await client.post(PATH, json=body(2))).status_code

    assert asyncio.run(send()) == 202
    assert work() >= 1


@only_sqlite
@pytest.mark.parametrize("role", [Scorer, Admitter])
def test_a_full_disk_for_those_who_score_and_admit(
    generation: int, role: type[WorkLoop], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of the transaction stays, the role says why, and goes on once there is room."""
    log.append([listing(i, "a pistol for weed") for i in range(400)])
    if role is Admitter:
        activate_topic_capacity(10_000)
        Scorer().score_batch()
    loop, turn = role(), role.turn
    pages = used_pages()

    def in_little_room(self: WorkLoop) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA max_page_count = {pages + 4}")
        return turn(self)

    with monkeypatch.context() as full:
        full.setattr(role, "turn", in_little_room)
        for _ in range(2):
            assert not loop._try()
            assert "database or disk is full" in loop.problem
    assert Score.objects.count() == (400 if role is Admitter else 0)
    assert not Alert.objects.exists()
    assert loop._try()
    assert loop.problem == ""
    work()
    assert Score.objects.count() == 400
    assert Alert.objects.filter(topic="weapons").count() == (400 if role is Admitter else 3)
    assert not Candidate.objects.filter(state=CandidateState.WAITING).exists()


def activate_topic_capacity(capacity: int) -> None:
    """Give every topic in force another capacity."""
    newest = generations.current()
    assert newest is not None
    manifest = newest.manifest
    for topic, entry in manifest.topics.items():
        more = msgspec.structs.replace(entry, capacity=capacity)
        manifest = manifest.with_topic(topic, more)
    generations.advance(manifest, TESTS, "more room")
