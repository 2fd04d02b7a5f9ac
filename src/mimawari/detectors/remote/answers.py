"""Reads a model's answer strictly: what is not exactly an answer is no opinion."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Annotated

import msgspec

from mimawari.detectors.remote.decoding import decoded

MOST_REASON = 200


@dataclass(frozen=True, slots=True)
class Opinion:
    """How likely a listing violates the policy, 0 to 100, and the model's reason."""

    violates: float
    why: str


class _Answers(msgspec.Struct):
    answers: list[msgspec.Raw]


class _Numbered(msgspec.Struct):
    id: int


class _Answer(msgspec.Struct):
    id: int
    violates: Annotated[float, msgspec.Meta(ge=0, le=100)]
    why: str


def read_answers(text: str, asked: int) -> dict[int, Opinion]:
    """Give the opinions on listings 1 to ``asked``, of those that have exactly one good answer.

    Nothing is mended: prose around the JSON, a cut-off end and numbers out of range are no
    opinion. An id that was not asked for means that the numbering cannot be trusted (a model
    that counts from 0 would give each listing its neighbour's answer): then no answer is.

    Examples
    --------
    >>> read_answers('{"answers":[{"id":1,"violates":80,"why":"a gun"}]}', 2)
    {1: Opinion(violates=80.0, why='a gun')}
    >>> read_answers('Sure! {"answers":[{"id":1,"violates":80,"why":"a gun"}]}', 2)
    {}
    >>> read_answers('{"answers":[{"id":0,"violates":1,"why":""}]}', 2)
    {}
    """
    answers = decoded(text, _Answers)
    if answers is None:
        return {}
    numbered = [(decoded(raw, _Numbered), decoded(raw, _Answer)) for raw in answers.answers]
    if any(number is not None and not 1 <= number.id <= asked for number, _ in numbered):
        return {}
    times = Counter(number.id for number, _ in numbered if number is not None)
    return {
        answer.id: Opinion(answer.violates, _plain(answer.why))
        for _, answer in numbered
        if answer is not None and times[answer.id] == 1
    }


def _plain(text: str) -> str:
    """Keep a reason to one bounded line of characters that can be shown."""
    line = " ".join(text[: 4 * MOST_REASON].split())
    return "".join(c for c in line if c.isprintable())[:MOST_REASON]
