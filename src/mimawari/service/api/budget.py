"""What the requests of a process may hold in memory at once, and how long a body may take.

All of it runs in the event loop, so no lock is needed.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager, contextmanager, nullcontext
from typing import TYPE_CHECKING, TypeVar

from mimawari.service.intake.writer import FullError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Iterator
    from contextlib import AbstractAsyncContextManager

T = TypeVar("T")
MOST_BYTES = 32_000_000
"""Of bodies that are read whole; each is a few times as much while it is dealt with."""
MOST_BATCHES = 8
BATCH_SECONDS = 10.0
"""Longest that a batch waits for its turn before the client is asked to come back."""
PATIENCE_SECONDS = 30.0
LARGE = 32_000
"""Bytes from which on a body is decoded in turn: a millisecond of the event loop or so."""
SLOWEST = 16_000
"""Bytes a second that a body has to bring, once `PATIENCE_SECONDS` were waited for it."""


class SlowError(Exception):
    """A body that does not come."""


class TooLargeError(Exception):
    """A body over the limit."""

    def __init__(self, most: int) -> None:
        self.most = most
        super().__init__(most)


class Loan:
    """Bytes that one request holds."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self.taken = 0

    def take(self, size: int) -> None:
        """Hold so many bytes more.

        Raises
        ------
        FullError
            The requests of this process hold as much as they may.
        """
        if self._budget.taken + size > MOST_BYTES:
            raise FullError
        self._budget.taken += size
        self.taken += size

    def turn(self) -> AbstractAsyncContextManager[None]:
        """Wait for the turn of what was taken; what is small has it at once."""
        return self._budget.turn() if self.taken > LARGE else nullcontext()


class Budget:
    """What all requests share: bytes of whole bodies, turns of batches and of large bodies."""

    def __init__(self) -> None:
        self.taken = 0
        self._batches = asyncio.Semaphore(MOST_BATCHES)
        self._large = asyncio.Lock()

    @contextmanager
    def loan(self) -> Iterator[Loan]:
        """Give a request what it takes, until the end of the block.

        Examples
        --------
        >>> budget = Budget()
        >>> with budget.loan() as loan:
        ...     loan.take(1_000)
        ...     budget.taken
        1000
        >>> budget.taken
        0
        """
        loan = Loan(self)
        try:
            yield loan
        finally:
            self.taken -= loan.taken

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for the turn of a large body, and rest afterwards for as long as it took.

        However many there are, half of the event loop's time is left to all others, and none of
        these waits for more than one large body.
        """
        async with self._large:
            begun = time.monotonic()
            try:
                yield
            finally:
                await asyncio.sleep(time.monotonic() - begun)

    @asynccontextmanager
    async def batch(self) -> AsyncIterator[None]:
        """Wait for the turn of a batch; nothing of its body is read before.

        Raises
        ------
        FullError
            Others did not end in time.
        """
        try:
            async with asyncio.timeout(BATCH_SECONDS):
                await self._batches.acquire()
        except TimeoutError as error:
            raise FullError from error
        try:
            yield
        finally:
            self._batches.release()


class Patience:
    """How long a body is waited for: half a minute, and more while it comes at a fair pace.

    Only waiting counts, not what is done between two parts.
    """

    def __init__(self) -> None:
        self._waited = 0.0
        self._received = 0

    def received(self, size: int) -> None:
        """Count bytes that came."""
        self._received += size

    async def wait(self, coming: Awaitable[T]) -> T:
        """Wait for the next part.

        Raises
        ------
        SlowError
            It does not come.
        """
        begun = time.monotonic()
        left = PATIENCE_SECONDS + self._received / SLOWEST - self._waited
        try:
            async with asyncio.timeout(left):
                return await coming
        except TimeoutError as error:
            raise SlowError from error
        finally:
            self._waited += time.monotonic() - begun


def declared_size(headers: list[tuple[bytes, bytes]]) -> int:
    """Give the size that a request's headers declare; 0 where they do not.

    Examples
    --------
    >>> declared_size([(b"content-length", b"12")]), declared_size([])
    (12, 0)
    """
    for name, value in headers:
        if name == b"content-length" and value.isdigit() and len(value) < 20:
            return int(value)
    return 0
