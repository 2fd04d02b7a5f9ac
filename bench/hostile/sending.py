"""Sends wrong requests over a few connections, and counts what is answered."""

from __future__ import annotations

import asyncio
import itertools
import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from bench.hostile.mutations import Sent, mutated
from bench.server import Server

CONNECTIONS, LONGEST_SECONDS, SEED = 16, 60.0, 0
CSRF = "a" * 32
KEPT = 20


@dataclass(frozen=True)
class Identity:
    """A key with every scope, and sessions of an account that may do everything."""

    key: str
    sessions: list[str]

    def credentials(self, sent: Sent, number: int) -> dict[str, str]:
        """Give a request the key, or a session: each is used for a while, as some are ended."""
        if sent.path.startswith("/api"):
            return {"Authorization": f"Bearer {self.key}"}
        session = self.sessions[number % len(self.sessions)]
        cookie = f"sessionid={session}; csrftoken={CSRF}"
        return {"Cookie": cookie, "X-CSRFToken": CSRF}


@dataclass(frozen=True)
class Summary:
    """What became of all requests, with examples of what should not have been answered so."""

    statuses: dict[str, int]
    server_errors: int
    unanswered: int
    routes_and_pages: int
    never_answered_well: list[str]
    examples: list[str]


@dataclass
class Answers:
    """What was answered, and examples of what should not have been."""

    statuses: Counter[int] = field(default_factory=Counter)
    unanswered: int = 0
    wrong: list[str] = field(default_factory=list)
    reached: Counter[str] = field(default_factory=Counter)

    def note(self, sent: Sent, status: int | None) -> None:
        """Count an answer; None where there was none."""
        if status is None:
            self.unanswered += 1
        else:
            self.statuses[status] += 1
            self.reached[sent.of] += status < 400
        if (status is None or status >= 500) and len(self.wrong) < KEPT:
            self.wrong.append(f"{status} {sent.method} {sent.path[:200]} {str(sent.query)[:200]} "
                              f"{str(sent.headers)[:200]} {sent.body[:200]!r}")  # fmt: skip

    def summary(self) -> Summary:
        """Give the counts."""
        return Summary(
            statuses={str(status): n for status, n in sorted(self.statuses.items())},
            server_errors=sum(n for status, n in self.statuses.items() if status >= 500),
            unanswered=self.unanswered,
            routes_and_pages=len(self.reached),
            never_answered_well=sorted(name for name, n in self.reached.items() if not n),
            examples=self.wrong,
        )


def drawn(count: int) -> Iterator[Sent]:
    """Draw wrong requests, each route and page as often as any other."""
    from mimawari.service.project.setup import setup

    setup()
    from bench.hostile.targets import pages, routes

    targets, draw = [*routes(), *pages()], random.Random(SEED)
    for number in range(count):
        yield mutated(targets[number % len(targets)], draw)


async def send(server: Server, identity: Identity, count: int) -> Answers:
    """Send so many requests; a connection that the server ends is opened anew."""
    answers, numbered = Answers(), enumerate(drawn(count))

    async def connection() -> None:
        wire = await Wire.open(server.port)
        for number, sent in numbered:
            data = sent.encoded(identity.credentials(sent, number))
            status = await wire.ask(data, sent.method)
            if status is None:  # it may end a connection that waits: once more on a new one
                wire = await wire.again()
                status = await wire.ask(data, sent.method)
            answers.note(sent, status)
            if status is None or wire.ended:
                wire = await wire.again()
            if number % 5_000 == 0:
                print(f"{number:,} of {count:,}", file=sys.stderr, flush=True)

    await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))
    return answers


@dataclass
class Wire:
    """A connection that sends bytes and reads one answer, whatever it is."""

    port: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    ended: bool = False

    @classmethod
    async def open(cls, port: int) -> Wire:
        """Connect, again and again where others fill the server."""
        for _ in itertools.count():
            try:
                return cls(port, *await asyncio.open_connection("127.0.0.1", port, limit=2**20))
            except OSError:
                await asyncio.sleep(0.05)
        raise AssertionError

    async def again(self) -> Wire:
        """Connect once more in its place."""
        self.writer.transport.abort()
        return await Wire.open(self.port)

    async def ask(self, data: bytes, method: str) -> int | None:
        """Send a request and read its answer to the end; its status, or None where none comes."""
        try:
            return await asyncio.wait_for(self._ask(data, method), LONGEST_SECONDS)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            return None

    async def _ask(self, data: bytes, method: str) -> int:
        self.writer.write(data)
        status, headers = await self._head()
        if status == 100:
            status, headers = await self._head()
        self.ended = b"\r\nconnection: close" in headers
        if method == "HEAD" or status in (204, 304):
            return status
        if b"\r\ntransfer-encoding: chunked" in headers:
            while size := int((await self.reader.readline()).split(b";")[0], 16):
                await self.reader.readexactly(size + 2)
            await self.reader.readline()
        elif length := headers.partition(b"\r\ncontent-length:")[2].split(b"\r\n")[0]:
            await self.reader.readexactly(int(length))
        else:
            await self.reader.read()
            self.ended = True
        return status

    async def _head(self) -> tuple[int, bytes]:
        head = await self.reader.readuntil(b"\r\n\r\n")
        return int(head.split(b" ", 2)[1]), head.lower()
