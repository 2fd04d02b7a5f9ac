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
    head: str

    @classmethod
    async def open(cls, server: Server, path: str, key: str) -> Wire:
        """Connect."""
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n"
        return cls(*await asyncio.open_connection("127.0.0.1", server.port), head)

    async def post(self, body: bytes, status: int) -> bytes:
        """Send one body and read its whole answer, which must have the status."""
        self.writer.write(f"{self.head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        told = await self.reader.readuntil(b"\r\n\r\n")
        length = int(told.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        answer = await self.reader.readexactly(length)
        if not told.startswith(f"HTTP/1.1 {status}".encode()):
            raise RuntimeError((told + answer).decode())
        return answer

    async def close(self) -> None:
        """Disconnect."""
        self.writer.close()
        await self.writer.wait_closed()
