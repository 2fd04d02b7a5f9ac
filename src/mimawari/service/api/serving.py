"""An endpoint as a route: its permission asked first, then its parameters and body decoded."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import msgspec
from django.db.utils import Error as DatabaseError
from starlette.concurrency import run_in_threadpool
from starlette.convertors import Convertor, register_url_convertor
from starlette.responses import Response
from starlette.routing import Route

from mimawari.errors import FieldProblem, ForbiddenError, InvalidInputError
from mimawari.records.fields import convert
from mimawari.service.api.answers import (
    answer,
    plain,
    refuse,
    slow_down,
    storage_failed,
    store_away,
    too_large,
    too_slow,
)
from mimawari.service.api.budget import SlowError, TooLargeError
from mimawari.service.api.operation import Call, RefusedError
from mimawari.service.api.store import connected
from mimawari.service.api.store_watch import AwayError
from mimawari.service.intake.writer import FullError

if TYPE_CHECKING:
    from collections.abc import Container

    from starlette.requests import Request

    from mimawari.service.api.edge import Edge
    from mimawari.service.api.operation import AnyOperation, Endpoint, Handler


class NumberConvertor(Convertor[int]):
    """A number in a path; one of more than a hundred digits is no path of ours."""

    regex = "[0-9]{1,100}"

    def convert(self, value: str) -> int:
        """Read it."""
        return int(value)

    def to_string(self, value: int) -> str:
        """Write it."""
        return str(value)


register_url_convertor("number", NumberConvertor())


def route(endpoint: Endpoint, edge: Edge, prefix: str = "") -> Route:
    """Make the route of an endpoint, below a prefix that is mounted already."""
    operation, handler = endpoint.operation, endpoint.handler
    statuses = {declared.kind or type(None): declared.status for declared in operation.answers}
    declared_refusals = operation.all_refusals()

    async def serve(request: Request) -> Response:
        if operation.permission is None:
            return await answered(request)
        try:
            with edge.store.guarded():
                return await answered(request)
        except AwayError:
            return store_away()

    async def answered(request: Request) -> Response:
        if operation.permission is not None:
            refused = await edge.keys.refuse_unless(request, operation.permission)
            if refused is not None:
                return refused
        try:
            parameters = parameters_of(request, operation)
            with edge.budget.loan() as loan:
                body = await operation.body.read(request, loan)
                result = await _done(handler, Call(edge, request, parameters, body))
        except Exception as error:
            return _refusal(error, declared_refusals)
        if isinstance(result, Response):
            return result
        status = statuses[type(result)]
        return Response(status_code=status) if result is None else answer(result, status)

    path = pattern(operation).removeprefix(prefix)
    return Route(path, serve, methods=[operation.method], name=operation.id)


def pattern(operation: AnyOperation) -> str:
    """Write the path for Starlette: numbers are digits, a text may hold slashes."""
    path = operation.path
    for name in operation.path_names():
        kind = "number" if isinstance(getattr(operation.parameters, name), int) else "path"
        path = path.replace(f"{{{name}}}", f"{{{name}:{kind}}}")
    return path


def parameters_of(request: Request, operation: AnyOperation) -> msgspec.Struct:
    """Decode the parameters of the path and of the query.

    Raises
    ------
    RefusedError
        With 404 where nothing can be found under what the path names.
    InvalidInputError
        Naming the parameter of the query that is unknown or wrong.
    """
    kind, in_path = type(operation.parameters), operation.path_names()
    if not kind.__struct_fields__:
        return operation.parameters
    query = dict(request.query_params) if operation.query_names() else {}
    try:
        return convert({**query, **request.path_params}, kind, strict=False)
    except InvalidInputError as error:
        for problem in error.problems:
            if problem.field in in_path:
                shown = str(request.path_params[problem.field])[:80]
                unknown = FieldProblem(problem.field, f"{shown!r} is unknown", "see the list")
                raise RefusedError(404, unknown) from error
        raise


async def _done(
    handler: Handler[msgspec.Struct, msgspec.Struct], call: Call[msgspec.Struct, msgspec.Struct]
) -> object:
    if inspect.iscoroutinefunction(handler):
        return await handler(call)
    return await run_in_threadpool(_connected, handler, call)


def _connected(
    handler: Handler[msgspec.Struct, msgspec.Struct], call: Call[msgspec.Struct, msgspec.Struct]
) -> object:
    with connected():
        return handler(call)


def _refusal(error: Exception, declared: Container[int]) -> Response:
    """Answer what went wrong with a request; a fault of this program is raised again."""
    if isinstance(error, RefusedError) and error.status in declared:
        problem = error.problem
        return refuse(error.status, problem.field, problem.problem, problem.remedy)
    if isinstance(error, TooLargeError):
        return too_large(error.most)
    if isinstance(error, SlowError):
        return too_slow()
    if isinstance(error, InvalidInputError):
        status = 403 if isinstance(error, ForbiddenError) else 422
        return answer({"problems": plain(error.problems)}, status)
    if isinstance(error, FullError):
        return slow_down()
    if isinstance(error, DatabaseError):
        return storage_failed(error)
    raise error
