"""What stands before the console: bodies of forms are bounded before anything of them is kept.

Django reads a body into a file before it looks at the address or at who asks. While it waits for
the store it does not end, so it is left to itself where the store does not answer.
"""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING

from mimawari.listings.validation import LIMITS
from mimawari.service.api.answers import slow_down, too_large, too_slow
from mimawari.service.api.budget import Patience, SlowError, TooLargeError, declared_size
from mimawari.service.api.store_watch import AwayError
from mimawari.service.intake.writer import FullError
from mimawari.service.platform.store_away import AWAY
from mimawari.service.review.group_request import MOST_LISTINGS

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from mimawari.service.api.budget import Budget, Loan
    from mimawari.service.api.store_watch import StoreWatch

MOST_FORM = 100_000
# A listing's identifier: each character up to four bytes, percent-encoded (three letters a byte),
# or deflated to no less and written in base64.
_IDENTIFIER = math.ceil(LIMITS["id"] * 4 * 3 * 4 / 3)
MOST_FOUND = MOST_FORM + MOST_LISTINGS * _IDENTIFIER
"""Bytes of a form that names as many listings as may be decided at once."""
FOUND = frozenset({"/search/decide", "/search/decided"})
"""The addresses of such forms."""
NO_BODY = {"type": "http.request", "body": b"", "more_body": False}


class Forms:
    """Passes requests on whose bodies are small enough, and come.

    Parameters
    ----------
    behind
        Reads the body whole.
    """

    def __init__(self, behind: ASGIApp, budget: Budget, store: StoreWatch) -> None:
        self._behind, self._budget, self._store = behind, budget, store
        self._left: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            return await self._behind(scope, receive, send)
        refusal: Response
        try:
            with self._budget.loan() as loan:
                body = await _body_of(scope, receive, loan)
                return await self._answer(scope, body, send)
        except TooLargeError as error:
            refusal = too_large(error.most)
        except SlowError:
            refusal = too_slow()
        except FullError:
            refusal = slow_down()
        return await refusal(scope, receive, send)

    async def _answer(self, scope: Scope, body: Message, send: Send) -> None:
        """Let the console answer; what waits for a store that is away answers to nobody."""
        answer = _Answer(send)
        try:
            with self._store.guarded():
                work = asyncio.create_task(self._run(scope, body, answer))
                self._left.add(work)
                work.add_done_callback(self._forget)
                return await asyncio.shield(work)
        except AwayError:
            if answer.leave():
                return None
        return await self._behind({**scope, AWAY: True}, _once(NO_BODY), send)

    async def _run(self, scope: Scope, body: Message, answer: _Answer) -> None:
        await self._behind(scope, _once(body), answer.send)

    def _forget(self, work: asyncio.Task[None]) -> None:
        """Look at how it ended, which nobody may wait for."""
        self._left.discard(work)
        if not work.cancelled():
            work.exception()


class _Answer:
    """Passes an answer on, until it is left."""

    def __init__(self, send: Send) -> None:
        self._send, self._begun, self._left = send, False, False

    async def send(self, message: Message) -> None:
        if not self._left:
            self._begun = True
            await self._send(message)

    def leave(self) -> bool:
        """Pass on no more; gives whether it had begun."""
        self._left = True
        return self._begun


async def _body_of(scope: Scope, receive: Receive, loan: Loan) -> Message:
    """Read a body of as many bytes as its address takes, or that the client went away."""
    most = MOST_FOUND if scope["path"] in FOUND else MOST_FORM
    if declared_size(scope["headers"]) > most:
        raise TooLargeError(most)
    patience, parts = Patience(), []
    while True:
        message = await patience.wait(receive())
        if message["type"] != "http.request":
            return message
        part = message.get("body", b"")
        if loan.taken + len(part) > most:
            raise TooLargeError(most)
        loan.take(len(part))
        patience.received(len(part))
        parts.append(part)
        if not message.get("more_body", False):
            return {"type": "http.request", "body": b"".join(parts), "more_body": False}


def _once(body: Message) -> Receive:
    """Give what receives a body, and then nothing.

    A client that goes away ends no work: its thread would go on, and be waited for.
    """
    messages = [body]

    async def next_message() -> Message:
        if messages:
            return messages.pop()
        return await asyncio.Future()

    return next_message
