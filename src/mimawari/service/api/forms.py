"""What stands before the console: bodies of forms are bounded before anything of them is kept.

Django reads a body into a file before it looks at the address or at who asks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.service.api.answers import slow_down, too_large, too_slow
from mimawari.service.api.budget import Patience, SlowError, TooLargeError, declared_size
from mimawari.service.intake.writer import FullError

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from mimawari.service.api.budget import Budget, Loan

MOST_FORM = 100_000


class Forms:
    """Passes requests on whose bodies are small enough, and come.

    Parameters
    ----------
    behind
        Reads the body whole.
    """

    def __init__(self, behind: ASGIApp, budget: Budget) -> None:
        self._behind, self._budget = behind, budget

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            return await self._behind(scope, receive, send)
        refusal: Response
        try:
            with self._budget.loan() as loan:
                body = await _body_of(scope, receive, loan)
                return await self._behind(scope, _again(body, receive), send)
        except TooLargeError as error:
            refusal = too_large(error.most)
        except SlowError:
            refusal = too_slow()
        except FullError:
            refusal = slow_down()
        return await refusal(scope, receive, send)


async def _body_of(scope: Scope, receive: Receive, loan: Loan) -> Message:
    """Read a body of at most `MOST_FORM` bytes, or that the client went away."""
    if declared_size(scope["headers"]) > MOST_FORM:
        raise TooLargeError(MOST_FORM)
    patience, parts = Patience(), []
    while True:
        message = await patience.wait(receive())
        if message["type"] != "http.request":
            return message
        part = message.get("body", b"")
        if loan.taken + len(part) > MOST_FORM:
            raise TooLargeError(MOST_FORM)
        loan.take(len(part))
        patience.received(len(part))
        parts.append(part)
        if not message.get("more_body", False):
            return {"type": "http.request", "body": b"".join(parts), "more_body": False}


def _again(first: Message, receive: Receive) -> Receive:
    """Give what receives a message that came already, then all that come."""
    messages = [first]

    async def next_message() -> Message:
        return messages.pop() if messages else await receive()

    return next_message
