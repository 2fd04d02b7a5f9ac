"""What the server answers, and the errors a client raises."""

from __future__ import annotations

from typing import Any

import msgspec

from mimawari.errors import FieldProblem, MimawariError


class Accepted(msgspec.Struct):
    """One listing version is durable: ``accepted``, ``duplicate`` or ``stale``."""

    listing_id: str
    version: int
    status: str


class Problem(msgspec.Struct):
    """One thing wrong with a listing: where, what, and what would be accepted."""

    field: str
    problem: str
    remedy: str


class LineAnswer(msgspec.Struct):
    """The answer to one listing of many.

    ``status`` is that of `Accepted`, or ``rejected`` with problems, or ``failed`` where the
    store did not keep it.
    """

    line: int
    status: str
    listing_id: str | None = None
    version: int | None = None
    problems: list[Problem] = []


class TopicAnswer(msgspec.Struct):
    """How a listing scores for one topic, with rules that hit and reasons."""

    topic: str
    score: float
    model_score: float | None = None
    rule_score: float | None = None
    rules: list[str] = []
    reasons: list[dict[str, Any]] = []


class Checked(msgspec.Struct):
    """The answer of a check: topics, the highest score first."""

    topics: list[TopicAnswer]
    generation: int | None = None


class UnreachableError(MimawariError):
    """The server did not answer."""


class RefusedError(MimawariError):
    """The server refused a request.

    Parameters
    ----------
    status
        The HTTP status.
    problems
        What the server said is wrong.

    Examples
    --------
    >>> print(RefusedError(422, FieldProblem("title", "is empty", "give 1 to 500 characters")))
    422: title: is empty; give 1 to 500 characters
    """

    def __init__(self, status: int, *problems: FieldProblem) -> None:
        self.status, self.problems = status, problems
        super().__init__(f"{status}: " + "\n".join(str(p) for p in problems))
