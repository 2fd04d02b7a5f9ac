"""A connection to one server with one key, which repeats what it asks to be repeated."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

import httpx

from mimawari.client.reading import (
    LONGEST_WAIT,
    ServerError,
    backoff,
    checked,
    decoded,
    lines_of,
    refuse_odd,
    wait_after,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from mimawari.client.asked import Asked

__all__ = ["LONGEST_WAIT", "Connection", "ServerError", "backoff", "decoded", "lines_of"]
T = TypeVar("T")


class Connection:
    """Sends requests, and turns refusals into errors; see `Client` for the parameters."""

    def __init__(
        self,
        base_url: str,
        api_key: str,
        repeats: int = 5,
        timeout: float = 60.0,
        sleep: Callable[[float], object] = time.sleep,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        refuse_odd(base_url, api_key)
        self.repeats = repeats
        self.sleep = sleep
        self._http = httpx.Client(
            base_url=base_url,
            headers={"Authorization": f"Bearer {api_key}"},
            timeout=timeout,
            transport=transport,
        )

    def send(self, asked: Asked[T]) -> T:
        """Send a request and read its answer."""
        return asked.read(self.ask(asked.method, asked.path, asked.body, once=asked.once))

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None,
        missing: bool = False,
        once: bool = False,
    ) -> httpx.Response:
        """Send a request, again where it is to be repeated.

        Parameters
        ----------
        missing
            Whether 404 is an answer, and no refusal.
        once
            Whether to send it again only where it surely was not taken.
        """
        for attempt in range(self.repeats + 1):
            outcome: httpx.Response | httpx.TransportError
            try:
                outcome = self._http.request(method, path, content=body)
            except httpx.TransportError as error:
                outcome = error
            last = attempt == self.repeats
            wait = wait_after(f"{method} {path}", outcome, attempt, last, once)
            if wait is None and isinstance(outcome, httpx.Response):
                return checked(outcome, missing)
            self.sleep(wait or 0.0)
        raise AssertionError  # the loop returns or raises

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()
