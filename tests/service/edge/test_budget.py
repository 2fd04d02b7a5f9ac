"""Bodies of all requests: bounded before they are read, by size, by time and all together."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from django.core.handlers.asgi import ASGIHandler
from django.db import connection
from tests.acting import TESTS
from tests.service.conftest import listing

from mimawari.listings.listing import Listing
from mimawari.service.accounts import keys
from mimawari.service.api import batch, budget, forms
from mimawari.service.api.app import application
from mimawari.service.api.batch import GROUP_BYTES
from mimawari.service.api.edge import Edge
from mimawari.service.intake import writer as writing
from mimawari.service.intake.models import ListingVersion

pytestmark = pytest.mark.django_db(transaction=True)
LISTINGS, BATCH, CHECK = "/api/v1/listings", "/api/v1/listings:batch", "/api/v1/check"
PART = b"x" * 64_000


class Sent:
    """A body that counts what is read of it.

    Parameters
    ----------
    parts
        How many; after them it waits for ``rest``, where there is one, and ends.
    """

    def __init__(self, parts: int, part: bytes = PART, rest: asyncio.Event | None = None) -> None:
        self.read, self._parts, self._part, self._rest = 0, parts, part, rest

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self.read < self._parts:
            self.read += 1
            yield self._part
        if self._rest is not None:
            await self._rest.wait()


@asynccontextmanager
async def running(edge: Edge, key: bool = True) -> AsyncIterator[httpx.AsyncClient]:
    """Run the edge with the console behind it; nothing but the writer writes."""
    headers = {"Authorization": f"Bearer {await asyncio.to_thread(_key)}"} if key else {}
    edge.writer.start()
    transport = httpx.ASGITransport(application(edge, ASGIHandler()))
    base = "http://localhost"
    async with httpx.AsyncClient(transport=transport, base_url=base, headers=headers) as one:
        yield one
    await asyncio.to_thread(edge.writer.stop)
    assert edge.budget.taken == 0


def _key() -> str:
    made = keys.create("tests", [keys.Scope.WRITE, keys.Scope.CHECK], TESTS)
    connection.close()  # this thread ends
    return made


def one(number: int, size: int = 0) -> bytes:
    text = "y" * size
    row = {"id": f"L{number}", "version": 1, "seller_id": "s", "title": "t", "description": text}
    return json.dumps(row).encode()


@pytest.mark.parametrize("path", ["/login", "/no/such/page", "/i18n/setlang/", "/static/x", "/"])
@pytest.mark.parametrize("method", ["POST", "GET", "PUT"])
def test_nobody_sends_much_to_a_page(path: str, method: str) -> None:
    sent, declared = Sent(6_000), Sent(6_000)

    async def send() -> None:
        async with running(Edge(), key=False) as client:
            answer = await client.request(method, path, content=sent)
            assert answer.status_code == 413
            size = {"Content-Length": "400000000"}
            answer = await client.request(method, path, content=declared, headers=size)
            assert answer.status_code == 413

    asyncio.run(send())
    assert sent.read * len(PART) <= forms.MOST_FORM + len(PART)
    assert declared.read == 0


@pytest.mark.parametrize("path", [LISTINGS, BATCH, CHECK, "/api/v1/nothing", "/api/x"])
def test_nobody_without_a_key_is_listened_to(path: str) -> None:
    sent = Sent(6_000)

    async def send() -> int:
        async with running(Edge(), key=False) as client:
            return (await client.post(path, content=sent)).status_code

    assert asyncio.run(send()) in (401, 404, 405)
    assert sent.read == 0


@pytest.mark.parametrize("path", [LISTINGS, CHECK, BATCH])
def test_a_body_over_the_limit(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mimawari.service.api.listings.MOST_BATCH", 1_000_000)
    sent, declared = Sent(6_000), Sent(6_000)

    async def send() -> None:
        async with running(Edge()) as client:
            assert (await client.post(path, content=sent)).status_code == 413
            size = {"Content-Length": "400000000"}
            answer = await client.post(path, content=declared, headers=size)
            assert answer.status_code == 413

    asyncio.run(send())
    assert sent.read * len(PART) <= 1_000_000 + len(PART)
    assert declared.read == 0


@pytest.mark.parametrize("path", [LISTINGS, CHECK, BATCH, "/login"])
def test_a_body_that_does_not_come(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "PATIENCE_SECONDS", 0.05)

    async def send() -> httpx.Response:
        async with running(Edge()) as client:
            return await client.post(path, content=Sent(1, b"{", asyncio.Event()))

    answer = asyncio.run(send())
    assert (answer.status_code, answer.headers["Connection"]) == (408, "close")


def test_bodies_together_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "MOST_BYTES", 100_000)

    async def send() -> list[int]:
        edge, rest = Edge(), asyncio.Event()
        async with running(edge) as client:
            slow = [client.post(LISTINGS, content=Sent(1, b" " * 45_000, rest)) for _ in range(2)]
            tasks = [asyncio.create_task(request) for request in slow]
            while edge.budget.taken < 90_000:
                await asyncio.sleep(0)
            refused = [
                await client.post(path, content=one(1, 15_000)) for path in (LISTINGS, CHECK)
            ]
            form = await client.post("/login", content=b"y" * 15_000)
            assert [answer.headers["Retry-After"] for answer in (*refused, form)] == ["1"] * 3
            assert form.status_code == 429
            small = await client.post(LISTINGS, content=one(2))
            rest.set()
            for task in tasks:
                await task
            again = await client.post(LISTINGS, content=one(1, 15_000))
            return [*(r.status_code for r in refused), small.status_code, again.status_code]

    assert asyncio.run(send()) == [429, 429, 202, 202]


def test_batches_wait_for_their_turn_and_single_ones_do_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(budget, "MOST_BATCHES", 1)
    monkeypatch.setattr(budget, "BATCH_SECONDS", 0.05)
    waiting = Sent(6_000)

    async def send() -> None:
        rest = asyncio.Event()
        async with running(Edge()) as client:
            first = asyncio.create_task(client.post(BATCH, content=Sent(1, one(1), rest)))
            while (await client.post(BATCH, content=waiting)).status_code != 429:
                waiting.read = 0
            assert (await client.post(LISTINGS, content=one(2))).status_code == 202
            rest.set()
            assert (await first).text.count("accepted") == 1
            assert (await client.post(BATCH, content=one(3))).text.count("accepted") == 1

    asyncio.run(send())
    assert waiting.read == 0
    assert ListingVersion.objects.count() == 3


def test_groups_of_a_batch_are_bounded_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    append, sizes = writing.log.append, []

    def noting(listings: list[object]) -> list[str]:
        sizes.append(sum(len(each.description) for each in listings))  # type: ignore[attr-defined]
        return append(listings)  # type: ignore[arg-type]

    monkeypatch.setattr(writing.log, "append", noting)
    body = b"\n".join(one(i, 19_000) for i in range(200))

    async def send() -> str:
        async with running(Edge()) as client:
            return (await client.post(BATCH, content=body)).text

    assert asyncio.run(send()).count("accepted") == 200
    assert len(sizes) >= 3
    assert max(sizes) <= GROUP_BYTES + 20_000


def test_what_is_wrong_with_very_many_lines_is_told_in_short(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batch, "MOST_TOLD", 10_000)

    async def send() -> list[int]:
        async with running(Edge()) as client:
            lines = (await client.post(BATCH, content=b"{}\n" * 2_000)).text.splitlines()
            return [len(json.loads(line)["problems"]) for line in lines]

    assert asyncio.run(send()) == [4] * batch.GROUP + [1] * (2_000 - batch.GROUP)


def test_single_listings_go_before_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    append, gate, groups = writing.log.append, threading.Event(), []

    def gated(listings: list[object]) -> list[str]:
        assert gate.wait(10)
        groups.append([each.id for each in listings])  # type: ignore[attr-defined]
        return append(listings)  # type: ignore[arg-type]

    monkeypatch.setattr(writing.log, "append", gated)
    writer = writing.Writer()

    async def send() -> None:
        many = [[listing(400 * i + j) for j in range(400)] for i in range(4)]
        tasks = [asyncio.create_task(writer.append(each, patient=True)) for each in many]
        tasks.append(asyncio.create_task(writer.append([listing(9_999)])))
        await asyncio.sleep(0)
        writer.start()
        gate.set()
        assert {status for task in tasks for status in await task} == {"accepted"}
        await asyncio.to_thread(writer.stop)

    asyncio.run(send())
    assert groups[0] == ["L9999"]
    assert [len(group) for group in groups] == [1, 400, 400, 400, 400]


def test_single_listings_without_end_do_not_keep_batches_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    groups: list[list[str]] = []
    monkeypatch.setattr(
        writing.log,
        "append",
        lambda listings: groups.append([x.id for x in listings]) or ["accepted"] * len(listings),
    )
    writer = writing.Writer()

    async def send() -> None:
        for number in range(4):
            writer._single.append(_job(writer, [listing(9_000 + number)]))
            writer._batches.append(_job(writer, [listing(400 * number + j) for j in range(400)]))
        for number in range(4, 8):
            writer._write(writer._take())
            writer._single.append(_job(writer, [listing(9_000 + number)]))

    asyncio.run(send())
    # Alone, then beside a batch that comes at last, and so on.
    assert [len(group) for group in groups] == [4, 401, 1, 401]


def _job(writer: writing.Writer, listings: list[Listing]) -> writing._Job:
    loop = asyncio.get_running_loop()
    writer.waiting += len(listings)
    return writing._Job(listings, 0, loop, loop.create_future())


def test_large_bodies_have_turns_and_small_ones_pass_between_them() -> None:
    order: list[str] = []

    async def decode(shared: budget.Budget, name: str, size: int) -> None:
        with shared.loan() as loan:
            loan.take(size)
            async with loan.turn():
                order.append(name)

    async def send() -> None:
        shared = budget.Budget()
        large = [decode(shared, f"large {i}", budget.LARGE + 1) for i in range(3)]
        small = [decode(shared, f"small {i}", budget.LARGE) for i in range(3)]
        await asyncio.gather(*large, *small)

    asyncio.run(send())
    assert order == ["large 0", "small 0", "small 1", "small 2", "large 1", "large 2"]


def test_a_turn_ends_where_a_body_is_refused() -> None:
    async def send() -> None:
        shared = budget.Budget()
        for _ in range(2):
            with pytest.raises(ValueError, match="no JSON"):
                async with shared.turn():
                    raise ValueError("no JSON")

    asyncio.run(asyncio.wait_for(send(), 10))
