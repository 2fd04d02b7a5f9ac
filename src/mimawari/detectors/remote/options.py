"""Where to ask, how, and how much of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mimawari.records.json import JsonObject

KEY_VARIABLE = "MIMAWARI_REMOTE_KEY"
MOST_PER_REQUEST, MOST_CONCURRENCY, MOST_REPEATS = 50, 64, 10
OURS = ("messages", "model", "stream", "n")


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteOptions:
    """How an endpoint is asked. The key is no option: it comes from the environment only.

    Parameters
    ----------
    base_url, model
        Address that ``/chat/completions`` is added to, and the model's name there.
    per_request
        Listings that are put into one request.
    concurrency
        Requests at the same time.
    timeout, time_limit
        Seconds that one request may take, and all requests of one batch together.
    repeats
        How often a request is sent again that failed on the way, or met 429 or 5xx.
    budget_requests, budget_tokens
        Nothing more is asked once they are spent; None is no bound.
    body
        More fields of the request's body; None takes one of ours out.

    Raises
    ------
    InvalidInputError
        With every value that cannot be used.

    Examples
    --------
    >>> RemoteOptions(base_url="http://127.0.0.1:11434/v1/", model="qwen2.5:7b").address
    'http://127.0.0.1:11434/v1/chat/completions'
    """

    base_url: str
    model: str
    per_request: int = 8
    concurrency: int = 4
    timeout: float = 60.0
    time_limit: float = 3600.0
    repeats: int = 4
    budget_requests: int | None = None
    budget_tokens: int | None = None
    body: JsonObject = field(default_factory=dict)

    def __post_init__(self) -> None:
        problems = [*_address_problems(self.base_url), *self._problems()]
        if problems:
            raise InvalidInputError(*problems)

    @property
    def address(self) -> str:
        """Where requests go."""
        return f"{self.base_url.rstrip('/')}/chat/completions"

    @property
    def is_local(self) -> bool:
        """Whether the endpoint runs on this machine, where no proxy belongs in between."""
        return urlsplit(self.base_url).hostname in ("127.0.0.1", "localhost", "::1")

    def _problems(self) -> Iterator[FieldProblem]:
        if not self.model.strip():
            yield FieldProblem("model", "is empty", "give the name that the endpoint knows it by")
        for name, least, most in (
            ("per_request", 1, MOST_PER_REQUEST),
            ("concurrency", 1, MOST_CONCURRENCY),
            ("repeats", 0, MOST_REPEATS),
        ):
            if not least <= getattr(self, name) <= most:
                yield FieldProblem(name, f"is {getattr(self, name)}", f"give {least} to {most}")
        for name in ("timeout", "time_limit", "budget_requests", "budget_tokens"):
            value = getattr(self, name)
            if value is not None and not 0 < value < float("inf"):
                yield FieldProblem(name, f"is {value}", "give a number over 0")
        for name in sorted(set(OURS) & set(self.body)):
            yield FieldProblem(f"body.{name}", "is set by this program", "leave it out")


def _address_problems(text: str) -> Iterator[FieldProblem]:
    """Refuse what no request could go to, and a password that would be shown with the address."""
    remedy = "write it as http://127.0.0.1:11434/v1"
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        yield FieldProblem("base_url", "is no address", remedy)
        return
    if parts.username is not None or parts.password is not None:
        yield FieldProblem("base_url", "holds a user or password", f"put the key in {KEY_VARIABLE}")
    elif not usable or not text.isprintable():
        yield FieldProblem("base_url", f"is {text[:80]!r}", remedy)
    elif parts.query or parts.fragment:
        yield FieldProblem("base_url", "has a query or fragment", remedy)


def checked_key(key: str) -> str:
    """Give the key back where a header can carry it; no message ever shows it.

    Examples
    --------
    >>> checked_key(" sk-1 ")
    'sk-1'
    """
    key = key.strip()
    if not key.isascii() or not key.isprintable():
        problem, remedy = "holds characters of no key", "give the key as the provider shows it"
        raise InvalidInputError(FieldProblem(KEY_VARIABLE, problem, remedy))
    return key
