"""Connections of the edge: how many, and how long each may keep it waiting.

uvicorn waits without an end for the rest of a header, for a body that nobody reads and for a
client that reads no answer, each of which holds a descriptor.
"""

from __future__ import annotations

import resource
import time
from typing import TYPE_CHECKING, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    import asyncio

HEADER_SECONDS = 10.0
"""From the connection, or from the last answer, to the end of the next request's header."""
UNREAD_SECONDS = 60.0
"""Longest that a client leaves an answer unread."""
MOST_HEADER = 64_000
"""Bytes of a header, besides those that came with its beginning."""
RESERVED = 128
"""Descriptors for all that is no connection: files, the store, other roles' pipes."""
REFUSALS = {
    408: b"HTTP/1.1 408 Request Timeout",
    431: b"HTTP/1.1 431 Request Header Fields Too Large",
    503: b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1",
}


def raise_descriptors() -> int:
    """Allow this process as many descriptors as its host does; gives how many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard if hard != resource.RLIM_INFINITY else 1 << 20


def most_connections(wanted: int, descriptors: int) -> int:
    """Give how many connections fit: at most as wanted, and so that other files can be opened.

    Examples
    --------
    >>> most_connections(1_000, 65_536), most_connections(1_000, 256), most_connections(1_000, 64)
    (1000, 128, 32)
    """
    return min(wanted, max(descriptors - RESERVED, descriptors // 2))


class BoundedProtocol(HttpToolsProtocol):
    """One connection; where there are too many, the one that waited longest for nothing goes."""

    most: ClassVar[int] = 1_000
    """Connections of the process."""

    _deadline: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None
    _in_body = False
    _header_size = 0
    _idle_since = 0.0

    @property
    def is_busy(self) -> bool:
        """Whether a request is being answered."""
        return self.cycle is not None and not self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, or make room for it."""
        super().connection_made(transport)
        self._settle()
        if len(self.connections) > self.most:
            idle = [c for c in self.connections if c is not self and not _busy(c)]
            if idle:
                min(idle, key=_since).transport.abort()
            else:
                self._refuse(503)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timers."""
        self._cancel()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read, and refuse a header without end."""
        in_header = not self.is_busy and not self._in_body
        super().data_received(data)
        if self.transport.is_closing():
            return
        if in_header and not self.is_busy and not self._in_body:
            self._header_size += len(data)
            if self._header_size > MOST_HEADER:
                self._refuse(431)
        else:
            self._header_size = 0
        self._settle()

    def on_headers_complete(self) -> None:
        """Begin a request."""
        self._in_body = True
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """End a request's body."""
        self._in_body = False
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """End an answer; from now on the client is waited for."""
        super().on_response_complete()
        self._settle()

    def pause_writing(self) -> None:
        """Wait for a client that reads slowly."""
        super().pause_writing()
        if self._unread is None:
            self._unread = self.loop.call_later(UNREAD_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on writing."""
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _settle(self) -> None:
        """Let the deadline run where nothing but the client is waited for."""
        if self.is_busy:
            self._cancel()
        elif self._deadline is None and not self.transport.is_closing():
            self._idle_since = time.monotonic()
            self._deadline = self.loop.call_later(HEADER_SECONDS, self._give_up)

    def _cancel(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        if self._in_body or not self._header_size:
            self.transport.abort()  # an answer was sent, or nothing was asked
        else:
            self._refuse(408)

    def _refuse(self, status: int) -> None:
        head = b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        self.transport.write(REFUSALS[status] + head)
        self.transport.close()


def _busy(connection: object) -> bool:
    return not isinstance(connection, BoundedProtocol) or connection.is_busy


def _since(connection: object) -> float:
    return connection._idle_since if isinstance(connection, BoundedProtocol) else 0.0
