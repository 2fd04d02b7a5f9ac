"""A thousand clients that mean harm, in a process of their own, until it is ended.

    python -m bench.hostile.clients PORT KEY

Two in five send half a header and no more, one in five a byte of one at a time, one in five a
huge body without a key, one in ten a body with 70,000 unknown keys, one in ten batches of large
listings that they do not read the answers of. Each begins anew when it is thrown out.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import sys
from collections.abc import Awaitable, Callable

COUNT = 1_000
CHUNK = b"x" * 65_536
HEAD = "POST {} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {}\r\n{}\r\n"
KEYS = json.dumps({f"k{i}": 1 for i in range(70_000)}).encode()  # 0.9 MB: under the limit
Client = Callable[[asyncio.StreamReader, asyncio.StreamWriter, str], Awaitable[None]]


def _head(path: str, size: int, key: str = "") -> bytes:
    return HEAD.format(path, size, f"Authorization: Bearer {key}\r\n" if key else "").encode()


async def half_a_header(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _key: str
) -> None:
    """Say the first words, then nothing."""
    writer.write(b"GET /health HTTP/1.1\r\nHost: x\r\nX-")
    await reader.read()


async def slow_header(
    _reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _key: str
) -> None:
    """Send a byte of a header at a time."""
    writer.write(b"GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: ")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(1)


async def huge_body(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _key: str) -> None:
    """Post 400 MB to a page without having logged in."""
    writer.write(_head("/login", 400_000_000))
    for _ in range(400_000_000 // len(CHUNK)):
        writer.write(CHUNK)
        await writer.drain()
        await asyncio.sleep(0.05)


async def many_keys(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, key: str) -> None:
    """Post one object with 70,000 keys that nobody knows."""
    writer.write(_head("/api/v1/listings", len(KEYS), key) + KEYS)
    await writer.drain()
    await reader.readuntil(b"\r\n\r\n")
    await asyncio.sleep(5)


async def unread_batch(
    _reader: asyncio.StreamReader, writer: asyncio.StreamWriter, key: str
) -> None:
    """Send a batch of large listings, and never read what became of them."""
    line = {
        "id": "",
        "version": 1,
        "seller_id": "hostile",
        "title": "cup",
        "description": "x" * 9_000,
    }
    lines = b"".join(
        json.dumps({**line, "id": f"h{random.getrandbits(60)}"}).encode() + b"\n"
        for _ in range(100)
    )
    writer.write(_head("/api/v1/listings:batch", len(lines), key) + lines)
    await writer.drain()
    await asyncio.sleep(10)


KINDS: tuple[Client, ...] = (
    *(half_a_header, half_a_header, half_a_header, half_a_header, slow_header, slow_header),
    *(huge_body, huge_body, many_keys, unread_batch),
)


async def _client(number: int, port: int, key: str) -> None:
    while True:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                await KINDS[number % len(KINDS)](reader, writer, key)
            finally:
                writer.transport.abort()
        await asyncio.sleep(1)


async def _all(port: int, key: str) -> None:
    await asyncio.gather(*(_client(number, port, key) for number in range(COUNT)))


if __name__ == "__main__":
    asyncio.run(_all(int(sys.argv[1]), sys.argv[2]))
