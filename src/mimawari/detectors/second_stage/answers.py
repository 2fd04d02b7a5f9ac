"""Reads a second stage's answers strictly: what is not exactly an answer is none."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import msgspec

from mimawari.detectors.remote.decoding import decoded

if TYPE_CHECKING:
    from collections.abc import Collection

MOST_WHY = 200
Percent = Annotated[float, msgspec.Meta(ge=0, le=100)]


class StageAnswer(msgspec.Struct, frozen=True):
    """How likely a listing violates each clause, 0 to 100, and the model's reason."""

    clauses: dict[str, float]
    why: str

    @property
    def violates(self) -> float:
        """The likeliest violation, 0 to 100."""
        return max(self.clauses.values())

    @property
    def clause(self) -> str:
        """The clause that is likeliest violated."""
        return max(self.clauses, key=lambda key: self.clauses[key])


class _Answers(msgspec.Struct):
    answers: list[msgspec.Raw]


class _Numbered(msgspec.Struct):
    id: int


class _Answer(msgspec.Struct, forbid_unknown_fields=True):
    id: int
    clauses: dict[str, Percent]
    why: str


def read_answers(text: str, asked: int, clauses: Collection[str]) -> dict[int, StageAnswer]:
    """Give the answers on listings 1 to ``asked``, of those that have exactly one good answer.

    Nothing is mended: prose around the JSON, a clause too few or too many, numbers out of range
    are no answer. An id that was not asked for means that the numbering cannot be trusted: then no
    answer is.

    Examples
    --------
    >>> text = '{"answers":[{"id":1,"clauses":{"guns":80},"why":"a gun"}]}'
    >>> read_answers(text, 1, ["guns"])[1].violates
    80.0
    >>> read_answers(text, 1, ["guns", "knives"]), read_answers("Sure! " + text, 1, ["guns"])
    ({}, {})
    """
    answers = decoded(text, _Answers)
    if answers is None:
        return {}
    numbered = [(decoded(raw, _Numbered), decoded(raw, _Answer)) for raw in answers.answers]
    if any(number is not None and not 1 <= number.id <= asked for number, _ in numbered):
        return {}
    times = Counter(number.id for number, _ in numbered if number is not None)
    return {
        answer.id: StageAnswer(answer.clauses, _plain(answer.why))
        for _, answer in numbered
        if answer is not None and times[answer.id] == 1 and answer.clauses.keys() == set(clauses)
    }


def _plain(text: str) -> str:
    """Keep a reason to one bounded line of characters that can be shown."""
    line = " ".join(text[: 4 * MOST_WHY].split())
    return "".join(c for c in line if c.isprintable())[:MOST_WHY]
