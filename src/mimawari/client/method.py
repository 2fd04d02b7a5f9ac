"""Makes one declaration of a request a method of both clients, with its own types."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Generic, ParamSpec, TypeVar, overload

if TYPE_CHECKING:
    from typing import Self

    from mimawari.client.asked import Asked
    from mimawari.client.async_connection import AsyncConnection
    from mimawari.client.connection import Connection

P = ParamSpec("P")
T = TypeVar("T")


class Method(Generic[P, T]):
    """A method whose answer is awaited where the client is asynchronous."""

    def __init__(self, build: Callable[P, Asked[T]]) -> None:
        self.build = build
        self.__doc__ = build.__doc__

    @overload
    def __get__(self, client: None, owner: type) -> Self: ...

    @overload
    def __get__(self, client: AsyncConnection, owner: type) -> Callable[P, Awaitable[T]]: ...

    @overload
    def __get__(self, client: Connection, owner: type) -> Callable[P, T]: ...

    def __get__(
        self, client: AsyncConnection | Connection | None, owner: type
    ) -> Self | Callable[P, Awaitable[T]] | Callable[P, T]:
        """Bind it to a client."""
        if client is None:
            return self
        send = client.send

        @functools.wraps(self.build)
        def call(*args: P.args, **kwargs: P.kwargs) -> T | Awaitable[T]:
            return send(self.build(*args, **kwargs))

        return call  # type: ignore[return-value]  # as the client's `send` has it
