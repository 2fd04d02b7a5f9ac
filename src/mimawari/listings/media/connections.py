"""Connections to addresses that were checked, none of which outlives its deadline."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import httpcore

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable, Sequence

_MOST_TRIED = 4  # addresses of one host


class Deadline:
    """A point in time that everything done for one picture must keep."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Give the seconds left.

        Raises
        ------
        httpcore.TimeoutException
            None are left.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the time for this picture is over")
        return left


class CheckedBackend(httpcore.NetworkBackend):
    """Connects to given addresses, whatever the host's name leads to by now.

    A name that is resolved once for the check and again for the connection can lead to another
    address the second time ("DNS rebinding"). Host header and TLS still see the name.
    """

    def __init__(self, addresses: Sequence[str], deadline: Deadline) -> None:
        self._addresses = tuple(addresses[:_MOST_TRIED])
        self._deadline = deadline
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,  # not looked up a second time
        port: int,
        timeout: float | None = None,  # the deadline counts
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Try each address for its share of the time left."""
        for tried, address in enumerate(self._addresses, 1):
            share = self._deadline.left() / (len(self._addresses) - tried + 1)
            try:
                stream = self._sockets.connect_tcp(
                    address, port, share, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if tried == len(self._addresses):
                    raise
            else:
                return _TimedStream(stream, self._deadline)
        raise httpcore.ConnectError("no address to connect to")


class _TimedStream(httpcore.NetworkStream):
    """A connection whose every step ends by the deadline.

    Limits a step are not enough: a server that sends a byte a second keeps all of them.
    """

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = self._deadline.left()
        secured = self._stream.start_tls(ssl_context, server_hostname, left)
        return _TimedStream(secured, self._deadline)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)
