"""The connection of `mimawari.client.connection` for programs that await."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

import httpx

from mimawari.client.reading import checked, refuse_odd, wait_after

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from types import TracebackType
    from typing import Self

    from mimawari.client.asked import Asked

T = TypeVar("T")


class AsyncConnection:
    """Sends requests, and turns refusals into errors; see `AsyncClient` for the parameters."""

    def __init__(
        self,
        base_url: str,
        api_key: str,
        repeats: int = 5,
        timeout: float = 60.0,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        refuse_odd(base_url, api_key)
        self.repeats = repeats
        self.sleep = sleep
        self._http = httpx.AsyncClient(
            base_url=base_url,
            headers={"Authorization": f"Bearer {api_key}"},
            timeout=timeout,
            transport=transport,
        )

    async def send(self, asked: Asked[T]) -> T:
        """Send a request, again where it is to be repeated, and read its answer."""
        for attempt in range(self.repeats + 1):
            outcome: httpx.Response | httpx.TransportError
            try:
                outcome = await self._http.request(asked.method, asked.path, content=asked.body)
            except httpx.TransportError as error:
                outcome = error
            what, last = f"{asked.method} {asked.path}", attempt == self.repeats
            wait = wait_after(what, outcome, attempt, last, asked.once)
            if wait is None and isinstance(outcome, httpx.Response):
                return asked.read(checked(outcome))
            await self.sleep(wait or 0.0)
        raise AssertionError  # the loop returns or raises

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._http.aclose()
