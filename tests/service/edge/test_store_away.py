"""A store that fails or does not answer: pages and routes say so, and nothing waits for it."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from django.core.handlers.asgi import ASGIHandler
from django.db import connection
from django.db.utils import InterfaceError, OperationalError
from django.test import Client
from starlette.types import Receive, Scope, Send
from tests.acting import TESTS

from mimawari.service.accounts import roles
from mimawari.service.api.app import application
from mimawari.service.api.edge import Edge
from mimawari.service.api.store_watch import AwayError, StoreWatch

pytestmark = pytest.mark.django_db(transaction=True)


class Answering:
    """A probe that answers as it is told."""

    def __init__(self, answer: bool) -> None:
        self.answer = answer

    def answers(self) -> bool:
        return self.answer


def found(watch: StoreWatch, answer: bool) -> None:
    watch._look(Answering(answer))  # type: ignore[arg-type]


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_page_whose_store_fails(error: type[Exception], language: str) -> None:
    browser = Client(raise_request_exception=False, headers={"Accept-Language": language})
    browser.force_login(roles.add("ada", None, "admin", TESTS))

    def fail(*_: object) -> None:
        raise error("the connection is lost")

    with connection.execute_wrapper(fail):
        answer = browser.get("/history")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    said = "The database does not answer" if language == "en" else "データベースが応答しません"
    assert said in answer.content.decode()


def test_a_fault_of_the_program_is_still_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mimawari.service.console.first_page.topics_today", lambda: 1 / 0)
    browser = Client(raise_request_exception=False)
    browser.force_login(roles.add("ada", None, "admin", TESTS))
    assert browser.get("/topics").status_code == 500


def test_who_waits_is_refused_when_the_store_goes_away_and_served_when_it_is_back() -> None:
    async def wait(watch: StoreWatch) -> str:
        try:
            with watch.guarded():
                await asyncio.Event().wait()
        except AwayError:
            return "away"
        return "went on"

    async def test() -> None:
        watch = StoreWatch()
        watch.begin()
        waiting = [asyncio.create_task(wait(watch)) for _ in range(3)]
        gone = asyncio.create_task(wait(watch))
        await asyncio.sleep(0)
        gone.cancel()
        found(watch, answer=False)
        assert [await one for one in waiting] == ["away"] * 3
        with pytest.raises(asyncio.CancelledError):
            await gone
        assert await wait(watch) == "away"
        found(watch, answer=True)
        await asyncio.sleep(0)
        with watch.guarded():
            await asyncio.sleep(0)

    asyncio.run(test())


def test_requests_while_it_is_away() -> None:
    async def test() -> None:
        edge = Edge()
        edge.store.begin()
        transport = httpx.ASGITransport(application(edge, ASGIHandler()))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            found(edge.store, answer=False)
            await asyncio.sleep(0)
            for path in ("/", "/login", "/history", "/no/such", "/health", "/api/v1/listings/L1"):
                answer = await client.get(path)
                assert answer.status_code == 503, path
                assert answer.headers["Retry-After"]
            assert (await client.get("/metrics")).status_code == 200
            assert (await client.get("/api/v1/openapi.json")).status_code == 200

    asyncio.run(test())


def test_a_page_that_waits_is_left_to_itself() -> None:
    """Its answer comes too late, and goes nowhere."""

    async def test() -> None:
        edge, going = Edge(), asyncio.Event()
        edge.store.begin()
        answered: list[Any] = []

        async def page(scope: Scope, receive: Receive, send: Send) -> None:
            away = scope.get("mimawari.store_away", False)
            if not away:
                await going.wait()
            status = 503 if away else 200
            await send({"type": "http.response.start", "status": status, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            answered.append(status)

        transport = httpx.ASGITransport(application(edge, page))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            asked = asyncio.create_task(client.get("/history"))
            while not edge.store._waiting:
                await asyncio.sleep(0)
            found(edge.store, answer=False)
            assert (await asked).status_code == 503
            going.set()
            while len(answered) < 2:
                await asyncio.sleep(0)
        assert answered == [503, 200]

    asyncio.run(test())
