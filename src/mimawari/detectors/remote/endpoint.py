"""One OpenAI-compatible chat endpoint: bounded in time, size, repetitions and cost."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Annotated

import httpx
import msgspec

from mimawari.detectors.remote.budget import Budget, estimated_tokens
from mimawari.detectors.remote.decoding import decoded
from mimawari.detectors.remote.errors import RefusedError, StopAskingError, UnansweredError
from mimawari.detectors.remote.options import checked_key
from mimawari.detectors.remote.prompt import ANSWER_TOKENS, AROUND_TOKENS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mimawari.detectors.remote.options import RemoteOptions
    from mimawari.detectors.remote.prompt import Message

MOST_BYTES = 2_000_000
LONGEST_WAIT = 60.0
MOST_SHOWN = 200
# What no other request could mend: a redirect, a wrong key, a wrong address, no credit.
FATAL = frozenset({301, 302, 303, 307, 308, 401, 402, 403, 404, 405})
AGAIN = frozenset({408, 429})
Count = Annotated[int, msgspec.Meta(ge=0)]


class _Message(msgspec.Struct):
    content: str | None = None


class _Choice(msgspec.Struct):
    message: _Message


class _Usage(msgspec.Struct):
    prompt_tokens: Count
    completion_tokens: Count = 0


class _Choices(msgspec.Struct):
    choices: list[_Choice]


class _Used(msgspec.Struct):
    usage: _Usage


@dataclass(frozen=True, slots=True)
class Answered:
    """A whole HTTP answer."""

    status: int
    retry_after: str
    content: bytes


@dataclass(slots=True)
class Spent:
    """Tokens that one call took, repetitions too; where nobody counted them, at most so many."""

    input_tokens: int = 0
    output_tokens: int = 0


class Endpoint:
    """Asks, repeats what is worth repeating, and never shows its key.

    Parameters
    ----------
    options, key
        ``key`` is sent as a bearer token; nothing is where it is empty.
    sleep
        How to wait between repetitions.
    """

    def __init__(
        self, options: RemoteOptions, key: str = "", sleep: Callable[[float], object] = time.sleep
    ) -> None:
        self._options = options
        self._key = checked_key(key)
        self._sleep = sleep
        self.budget = Budget(options.budget_requests, options.budget_tokens)
        self.estimated = False
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        # A proxy of the environment is for the way out, not for this machine.
        self._http = httpx.Client(headers=headers, trust_env=not options.is_local)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def complete(
        self,
        messages: Sequence[Message],
        answers: int,
        until: float,
        spent: Spent | None = None,
    ) -> str:
        """Give the text of the model's answer; empty where the endpoint sent something else.

        Parameters
        ----------
        answers
            Listings that are asked about: bounds the answer's length.
        until
            Value of `time.monotonic` after which nothing is asked.
        spent
            Is told what this call takes, whatever becomes of it.

        Raises
        ------
        UnansweredError, RefusedError
            This request got no answer.
        StopAskingError
            No request could get one.
        """
        body, most = self._body(messages, answers)
        problem, wait = "", 0.0
        for attempt in range(self._options.repeats + 1):
            if attempt:
                self._wait(wait, until)
            seconds = min(self._options.timeout, until - time.monotonic())
            if seconds <= 0:
                raise StopAskingError("the time limit is reached")
            answer, problem = self._try(body, most, seconds, spent or Spent())
            if answer is not None and answer.status == 200:
                return _content(answer.content)
            wait = _seconds(answer.retry_after if answer else "", attempt)
            if answer is not None:
                problem = self._refused(answer)
        raise UnansweredError(problem)

    def _body(self, messages: Sequence[Message], answers: int) -> tuple[bytes, int]:
        """Give a request's body, and the tokens that it may cost at most."""
        fields: dict[str, object] = {
            "model": self._options.model,
            "messages": messages,
            "temperature": 0,
            "max_tokens": AROUND_TOKENS + ANSWER_TOKENS * answers,
            "response_format": {"type": "json_object"},
            **self._options.body,
        }
        fields = {name: value for name, value in fields.items() if value is not None}
        asked = fields.get("max_completion_tokens") or fields.get("max_tokens")
        most = asked if type(asked) is int else AROUND_TOKENS + ANSWER_TOKENS * answers
        prompt = sum(estimated_tokens(message["content"]) for message in messages)
        return msgspec.json.encode(fields), prompt + most

    def _try(
        self, body: bytes, most: int, seconds: float, spent: Spent
    ) -> tuple[Answered | None, str]:
        """Send once and settle its cost; gives the answer, or what went wrong on the way."""
        self.budget.take(most)
        cost = Spent(most)  # what an answer that was lost on the way cost is not known
        try:
            answer = self._post(body, seconds)
            cost = self._cost(answer, most)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            cost = Spent()
            return None, self._without_key(f"cannot be reached: {error}")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            self.estimated = True
            return None, self._without_key(f"{type(error).__name__}: {error}")
        else:
            return answer, ""
        finally:
            spent.input_tokens += cost.input_tokens
            spent.output_tokens += cost.output_tokens
            self.budget.settle(most, cost.input_tokens + cost.output_tokens)

    def _post(self, body: bytes, seconds: float) -> Answered:
        """Send; the whole answer, drop by drop or not, has to come in time and bounds."""
        until = time.monotonic() + seconds
        parts: list[bytes] = []
        address = self._options.address
        with self._http.stream("POST", address, content=body, timeout=seconds) as answer:
            for part in answer.iter_bytes():
                parts.append(part)
                if time.monotonic() > until:
                    raise httpx.ReadTimeout(f"the answer took over {seconds:.3g} s")
                if sum(map(len, parts)) > MOST_BYTES:
                    raise httpx.ReadError(f"the answer has over {MOST_BYTES:,} bytes")
            waiting = answer.headers.get("retry-after", "")
            return Answered(answer.status_code, waiting, b"".join(parts))

    def _cost(self, answer: Answered, most: int) -> Spent:
        if answer.status != 200:
            return Spent()
        used = decoded(answer.content, _Used)
        if used is None:
            self.estimated = True
            return Spent(most)
        return Spent(used.usage.prompt_tokens, used.usage.completion_tokens)

    def _refused(self, answer: Answered) -> str:
        """Raise where sending again is useless; gives the problem where it is not."""
        # First without the key, then shortened: half a key is no less a key.
        text = self._without_key(answer.content.decode("utf-8", "replace"))[: 4 * MOST_SHOWN]
        text = "".join(c for c in " ".join(text.split()) if c.isprintable())[:MOST_SHOWN]
        problem = f"the endpoint answered {answer.status}: {text}"
        if answer.status in FATAL:
            raise StopAskingError(problem)
        if answer.status < 500 and answer.status not in AGAIN:
            raise RefusedError(problem)
        return problem

    def _without_key(self, text: str) -> str:
        return text.replace(self._key, "***") if self._key else text

    def _wait(self, seconds: float, until: float) -> None:
        if time.monotonic() + seconds >= until:
            raise StopAskingError("the time limit is reached")
        self._sleep(seconds)


def _content(answer: bytes) -> str:
    completion = decoded(answer, _Choices)
    return (
        (completion.choices[0].message.content or "") if completion and completion.choices else ""
    )


def _seconds(asked: str, attempt: int) -> float:
    """Seconds to wait: what the endpoint asks, at most a minute, else doubling from a quarter.

    Examples
    --------
    >>> _seconds("7", 0), _seconds("86400", 0), _seconds("", 2), _seconds("soon", 0)
    (7.0, 60.0, 1.0, 0.25)
    """
    if asked.isascii() and asked.isdigit():
        return min(LONGEST_WAIT, float(asked))
    try:
        at = parsedate_to_datetime(asked)
    except ValueError:
        return min(LONGEST_WAIT, 2.0**attempt / 4)
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(LONGEST_WAIT, max(0.0, (at - datetime.now(UTC)).total_seconds()))
