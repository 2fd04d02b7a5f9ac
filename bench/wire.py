"""A keep-alive HTTP connection written by hand: a client must cost less than what it measures."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from bench.server import Server


@dataclass
class Wire:
    """One connection that posts JSON with a key."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    path: str
    head: str

    @classmethod
    async def open(cls, server: Server, path: str, key: str) -> Wire:
        """Connect."""
        head = f"Host: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n"
        return cls(*await asyncio.open_connection("127.0.0.1", server.port), path, head)

    async def post(self, body: bytes, status: int) -> bytes:
        """Send one body and read its whole answer, which must have the status."""
        given, answer = await self.ask(self.path, body)
        if given != status:
            raise RuntimeError(f"{given}: {answer.decode()}")
        return answer

    async def ask(self, path: str, body: bytes) -> tuple[int, bytes]:
        """Send one body to a path; gives the status and the whole answer."""
        first = f"POST {path} HTTP/1.1\r\n{self.head}Content-Length: {len(body)}\r\n\r\n"
        self.writer.write(first.encode() + body)
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]
        return int(head.split(b" ", 2)[1]), await self.reader.readexactly(int(length or b"0"))

    async def close(self) -> None:
        """Disconnect."""
        self.writer.close()
        await self.writer.wait_closed()
