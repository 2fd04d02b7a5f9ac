"""The edge's answers: JSON by msgspec, problems always in one shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mimawari.errors import FieldProblem

RETRY_SECONDS = "1"
FREE = "free space on the server's disk, then send it again"


class Problem(msgspec.Struct):
    """One thing wrong with a request: where, what, and what would be accepted."""

    field: str
    problem: str
    remedy: str


class Problems(msgspec.Struct):
    """Everything wrong with a request."""

    problems: list[Problem]


def answer(body: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Encode a JSON answer."""
    return Response(msgspec.json.encode(body), status, headers, "application/json")


def plain(problems: Sequence[FieldProblem]) -> list[Problem]:
    """Turn problems into what is sent."""
    return [Problem(p.field, p.problem, p.remedy) for p in problems]


def refuse(status: int, field: str, problem: str, remedy: str, **headers: str) -> Response:
    """Refuse with one problem."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return answer({"problems": [Problem(field, problem, remedy)]}, status, names)


def slow_down() -> Response:
    """Ask the client to come back: nothing of the request was taken."""
    return refuse(
        429, "request", "came while too many others wait", "repeat it after Retry-After",
        Retry_After=RETRY_SECONDS,
    )  # fmt: skip


def too_large(most: int) -> Response:
    """Refuse a body over the limit; what else comes of it is not read."""
    return refuse(413, "body", f"is over {most:,} bytes", f"send at most {most:,} bytes")


def too_slow() -> Response:
    """End a request whose body does not come."""
    problem, remedy = "did not come in time", "send it again, without pauses"
    return refuse(408, "body", problem, remedy, Connection="close")


def is_full(error: Exception) -> bool:
    """Whether the store refused for want of space."""
    text = str(error).lower()
    return "is full" in text or "no space" in text


def store_away() -> Response:
    """Say that the store does not answer, and that a repetition does no harm."""
    return refuse(
        503, "storage", "does not answer; whether the request was kept is not known",
        "repeat it after Retry-After, which does no harm", Retry_After=RETRY_SECONDS,
    )  # fmt: skip


def storage_failed(error: Exception) -> Response:
    """Say that nothing was kept: 507 for a full disk, 503 for anything else."""
    if is_full(error):
        return refuse(507, "storage", "is full; nothing of the request was kept", FREE)
    return refuse(
        503, "storage", "does not answer; nothing of the request was kept",
        "repeat it after Retry-After", Retry_After=RETRY_SECONDS,
    )  # fmt: skip
