"""Puts one group of listings to the endpoint; what spoils an answer spoils only its own."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mimawari.detectors.remote.endpoint import Endpoint, Spent
from mimawari.detectors.remote.errors import RefusedError, StopAskingError, UnansweredError
from mimawari.detectors.remote.options import RemoteOptions
from mimawari.detectors.second_stage.answers import StageAnswer, read_answers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mimawari.detectors.remote.prompt import Shown
    from mimawari.detectors.second_stage.prompt import Policy
    from mimawari.records.second_stage import StageSpec

UNREADABLE = "the answer is not the JSON asked for"
# An answer of the endpoint's default bound names so many clauses.
CLAUSES_AN_ANSWER = 4


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of a listing that was asked about.

    Parameters
    ----------
    answer
        None where there is no good one; ``problem`` says why then.
    input_tokens, output_tokens, seconds
        Its part of what its requests took.
    """

    answer: StageAnswer | None
    problem: str
    input_tokens: int
    output_tokens: int
    seconds: float


def options_of(spec: StageSpec) -> RemoteOptions:
    """Give a spec as the endpoint takes it.

    Raises
    ------
    InvalidInputError
        With every value that cannot be used.
    """
    return RemoteOptions(
        base_url=spec.base_url,
        model=spec.model,
        per_request=spec.per_request,
        concurrency=spec.concurrency,
        timeout=spec.timeout_seconds,
        repeats=spec.repeats,
        body=spec.body,
    )


def most_seconds(spec: StageSpec) -> float:
    """Give how long a group may take at most, until every listing of it was asked again alone."""
    seconds = (spec.repeats + 1) * spec.timeout_seconds
    return seconds if spec.per_request == 1 else 2 * seconds


class StageAsker:
    """Asks one second stage; any number of threads may.

    Parameters
    ----------
    key
        The endpoint's key; of the environment, never of a file.
    """

    def __init__(self, spec: StageSpec, policy: Policy, key: str = "") -> None:
        self.spec, self._policy = spec, policy
        self._endpoint = Endpoint(options_of(spec), key)
        self._width = -(-len(policy.clauses) // CLAUSES_AN_ANSWER)

    def ask(self, listings: Sequence[Shown]) -> list[Reply]:
        """Ask about a group, within `most_seconds`; gives a reply each.

        Where an answer of a group cannot be read, each of those is asked about alone.
        """
        until = time.monotonic() + most_seconds(self.spec)
        replies = self._once(listings, until)
        if len(listings) > 1:
            for place, reply in enumerate(replies):
                if reply.answer is None and reply.problem == UNREADABLE:
                    (alone,) = self._once([listings[place]], until)
                    replies[place] = _added(reply, alone)
        return replies

    def close(self) -> None:
        """Close the connections."""
        self._endpoint.close()

    def _once(self, listings: Sequence[Shown], until: float) -> list[Reply]:
        spent, began, text, problem = Spent(), time.monotonic(), "", UNREADABLE
        try:
            text = self._endpoint.complete(
                self._policy.messages(listings), self._width * len(listings), until, spent
            )
        except RefusedError as error:  # smaller requests may pass
            problem = UNREADABLE if len(listings) > 1 else str(error)
        except (UnansweredError, StopAskingError) as error:
            problem = str(error)
        answers = read_answers(text, len(listings), self._policy.clauses)
        count, seconds = len(listings), (time.monotonic() - began) / len(listings)
        return [
            Reply(
                answers.get(number),
                "" if number in answers else problem,
                # To the token: the first ones take what does not divide.
                (spent.input_tokens + count - number) // count,
                (spent.output_tokens + count - number) // count,
                seconds,
            )
            for number in range(1, count + 1)
        ]


def _added(first: Reply, again: Reply) -> Reply:
    return Reply(
        again.answer,
        again.problem,
        first.input_tokens + again.input_tokens,
        first.output_tokens + again.output_tokens,
        first.seconds + again.seconds,
    )
