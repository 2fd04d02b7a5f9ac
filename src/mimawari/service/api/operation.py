"""What an operation of the API is declared with; route, check, document and page follow from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

import msgspec

from mimawari.service.accounts.permissions import Permission
from mimawari.service.api.bodies import JSON, Body, Lines

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from mimawari.errors import FieldProblem
    from mimawari.service.accounts.keys import Holder
    from mimawari.service.api.edge import Edge

P = TypeVar("P", bound=msgspec.Struct)
B = TypeVar("B", bound=msgspec.Struct)


class NoParameters(msgspec.Struct, frozen=True):
    """An address without parameters."""


NO_PARAMETERS = NoParameters()


class RefusedError(Exception):
    """A refusal with a status of its own, which the operation declares."""

    def __init__(self, status: int, problem: FieldProblem) -> None:
        self.status, self.problem = status, problem
        super().__init__(str(problem))


class Tag(msgspec.Struct, frozen=True):
    """A group of operations on the page of the API."""

    name: str
    description: str


class Answer(msgspec.Struct, frozen=True):
    """An answer that an operation gives: one for each type that its handler returns.

    Parameters
    ----------
    kind
        Type of the body, a text's is ``str``; None where there is no body.
    example
        An instance of it, or a tuple of instances where each is a line.
    """

    status: int
    meaning: str
    kind: type | None = None
    example: object = None
    media: str = JSON


class Call(msgspec.Struct, Generic[P, B], frozen=True):
    """One request, decoded as its operation declares."""

    edge: Edge
    request: Request
    parameters: P
    body: B

    @property
    def holder(self) -> Holder:
        """Who calls; there is nobody where the operation needs no permission."""
        holder: Holder = self.request.state.holder
        return holder


class Operation(msgspec.Struct, Generic[P, B], frozen=True, kw_only=True):
    """What is declared beside a handler, as its decorator.

    Parameters
    ----------
    path
        The whole path; ``{name}`` is a field of ``parameters``, whose other fields are of the
        query.
    permission
        What the key must allow; None is for everybody. There is no default, so nothing is served
        by oversight.
    parameters
        An example of them; their type is its type.
    answers
        The one that is given where all goes well comes first.
    refusals
        Besides those that follow from ``permission``, ``parameters`` and ``body``.
    """

    method: str
    path: str
    id: str
    tag: Tag
    summary: str
    permission: Permission | None
    parameters: P
    body: Body[B] | Lines[B]
    answers: tuple[Answer, ...]
    refusals: dict[int, str] = {}

    def __call__(self, handler: Handler[P, B]) -> Endpoint:
        """Join the declaration with what does it."""
        return Endpoint(self, handler)  # type: ignore[arg-type]  # types agree in this call

    def all_refusals(self) -> dict[int, str]:
        """Give what each status of a refusal means, lowest first."""
        refusals = dict(self.refusals)
        if self.permission is not None:
            refusals |= {401: "No valid API key", 403: "The key lacks the permission"}
            refusals.setdefault(503, "The store does not answer; nothing was kept")
        if self.body.bounded:
            refusals |= {408: "The body does not come", 413: "The body is over the limit"}
            refusals.setdefault(429, "Too much waits; see Retry-After")
        if self.path_names():
            refusals.setdefault(404, "Nothing is known under this address")
        if self.body.bounded or self.query_names():
            refusals.setdefault(422, "Problems, all of them")
        return dict(sorted(refusals.items()))

    def path_names(self) -> list[str]:
        """Name the parameters in the path."""
        return [name for name in self.parameters.__struct_fields__ if f"{{{name}}}" in self.path]

    def query_names(self) -> list[str]:
        """Name the parameters of the query."""
        in_path = self.path_names()
        return [name for name in self.parameters.__struct_fields__ if name not in in_path]


AnyOperation: TypeAlias = Operation[msgspec.Struct, msgspec.Struct]
Handler: TypeAlias = "Callable[[Call[P, B]], object | Awaitable[object]]"


class Endpoint(msgspec.Struct, frozen=True):
    """An operation and its handler.

    The handler gives what its operation declares as an answer, or a Response as it is to be sent.
    One that is a coroutine runs in the loop; any other in a thread with a connection to the store.
    """

    operation: AnyOperation
    handler: Handler[msgspec.Struct, msgspec.Struct]
