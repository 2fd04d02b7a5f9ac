"""What most handlers share: a key with the scope, a decoded body, work on the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec
from django.db.utils import Error as DatabaseError
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from mimawari.errors import ForbiddenError, InvalidInputError
from mimawari.service.api.answers import answer, plain, storage_failed
from mimawari.service.api.bodies import TooLargeError, body_of, decode, too_large
from mimawari.service.api.store import connected

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from mimawari.service.accounts.keys import Holder, Scope
    from mimawari.service.api.auth import KeyRing

Body = TypeVar("Body", bound=msgspec.Struct)


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """The body of a request that has none."""


async def handle(
    keys: KeyRing,
    request: Request,
    scope: Scope,
    kind: type[Body],
    work: Callable[[Holder, Body], object],
) -> Response:
    """Answer with what ``work`` gives: a Response as it is, anything else as JSON."""
    refused = await keys.refuse_unless(request, scope)
    if refused:
        return refused
    try:
        body = decode(await body_of(request), kind)
        said = await run_in_threadpool(_connected, work, request.state.holder, body)
    except TooLargeError:
        return too_large()
    except ForbiddenError as error:
        return answer({"problems": plain(error.problems)}, 403)
    except InvalidInputError as error:
        return answer({"problems": plain(error.problems)}, 422)
    except DatabaseError as error:
        return storage_failed(error)
    return said if isinstance(said, Response) else answer(said)


def _connected(work: Callable[[Holder, Body], object], holder: Holder, body: Body) -> object:
    with connected():
        return work(holder, body)
