"""Clients that connect and keep the edge waiting: each has an end, and the others are served."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from mimawari.service.project import connections
from mimawari.service.project.connections import MOST_HEADER, BoundedProtocol

Connect = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]
HALF = b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "
WHOLE = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer at once; /wait waits for the body, /much sends more than anybody reads."""
    if scope["type"] != "http":
        return
    if scope["path"] == "/wait":
        while (await receive()).get("more_body"):
            pass
    body = b"x" * 50_000_000 if scope["path"] == "/much" else b"ok"
    size = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": 200, "headers": [size]})
    await send({"type": "http.response.body", "body": body, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


@asynccontextmanager
async def serving() -> AsyncIterator[Connect]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(app, http=BoundedProtocol, ws="none", lifespan="off", log_level=50)
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve(sockets=[listener]))

        writers = []

        async def connect() -> Any:
            reader, writer = await asyncio.open_connection(*listener.getsockname())
            writers.append(writer)
            return reader, writer

        try:
            yield connect
        finally:
            for writer in writers:
                writer.transport.abort()
            server.should_exit = server.force_exit = True
            await running


def run(test: Callable[[Connect], Awaitable[None]]) -> None:
    async def go() -> None:
        async with serving() as connect, asyncio.timeout(30):
            await test(connect)

    asyncio.run(go())


async def ended(reader: asyncio.StreamReader) -> bytes:
    """Read until the server ends the connection."""
    try:
        return await reader.read()
    except ConnectionError:
        return b""


async def answered(connect: Connect) -> bytes:
    reader, writer = await connect()
    writer.write(WHOLE)
    answer = await reader.readline()
    writer.close()
    return answer


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEADER_SECONDS", 0.1)
    monkeypatch.setattr(connections, "UNREAD_SECONDS", 0.1)


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (b"", b""),
        (b"\r\n", b"408"),
        (HALF, b"408"),
        (WHOLE, b"200"),
        (WHOLE + b"\r\n", b"200"),
        (WHOLE + HALF, b"200"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n1", b"200"),
    ],
)
def test_a_client_that_stops(sent: bytes, told: bytes) -> None:
    async def test(connect: Connect) -> None:
        reader, writer = await connect()
        writer.write(sent)
        assert told in await ended(reader)

    run(test)


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize(
    "first", [HALF, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n"]
)
def test_a_client_that_goes_on_and_on(first: bytes) -> None:
    async def test(connect: Connect) -> None:
        reader, writer = await connect()
        writer.write(first)
        end = asyncio.create_task(ended(reader))
        while not end.done():
            await asyncio.wait([end], timeout=0.02)
            writer.write(b"x")

    run(test)


@pytest.mark.usefixtures("soon")
def test_a_client_that_reads_nothing() -> None:
    async def test(connect: Connect) -> None:
        reader, writer = await connect()
        reader._transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(b"GET /much HTTP/1.1\r\nHost: x\r\n\r\n")
        while not writer.transport.is_closing():
            await asyncio.wait([asyncio.create_task(writer.wait_closed())], timeout=0.02)
            writer.write(b" ")

    run(test)


@pytest.mark.usefixtures("soon")
def test_a_body_on_its_way_is_no_idle_connection() -> None:
    async def test(connect: Connect) -> None:
        reader, writer = await connect()
        writer.write(b"POST /wait HTTP/1.1\r\nHost: x\r\nContent-Length: 12\r\n\r\n")
        answer = asyncio.create_task(reader.readline())
        for _ in range(12):
            await asyncio.wait([answer], timeout=0.03)
            writer.write(b"x")
        assert b"200" in await answer

    run(test)


def test_a_header_without_end() -> None:
    async def test(connect: Connect) -> None:
        reader, writer = await connect()
        writer.write(HALF)
        end, size = asyncio.create_task(ended(reader)), 0
        while not end.done() and size < 100 * MOST_HEADER:
            writer.write(b"x" * 1_000)
            size += 1_000
            await asyncio.sleep(0)
        assert size < 100 * MOST_HEADER

    run(test)


def test_a_refused_body_is_let_run_out() -> None:
    """Who sends a body to the end hears the answer, and may ask again on the same connection."""

    async def test(connect: Connect) -> None:
        reader, writer = await connect()
        size = 4 * MOST_HEADER
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % size)
        assert b"200" in await reader.readuntil(b"ok")
        for _ in range(4):
            writer.write(b"x" * MOST_HEADER)
            await writer.drain()
        writer.write(WHOLE)
        assert b"200" in await reader.readuntil(b"ok")

    run(test)


def test_more_half_headers_than_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BoundedProtocol, "most", 8)

    async def test(connect: Connect) -> None:
        busy = await connect()
        busy[1].write(b"POST /wait HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n1")
        others = [await connect() for _ in range(40)]
        for _, writer in others:
            writer.write(HALF)
        assert b"200" in await answered(connect)
        busy[1].write(b"2")
        assert b"200" in await busy[0].readline()
        for reader, _ in others[:20]:
            assert await ended(reader) == b""

    run(test)


def test_where_all_are_busy_a_new_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BoundedProtocol, "most", 4)

    async def test(connect: Connect) -> None:
        busy = [await connect() for _ in range(4)]
        for _, writer in busy:
            writer.write(b"POST /wait HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n1")
        while b"503" not in await answered(connect):
            pass
        for reader, writer in busy:
            writer.write(b"2")
            assert b"200" in await reader.readline()

    run(test)
