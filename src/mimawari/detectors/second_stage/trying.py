"""Runs the test cases of a policy's clauses against the endpoint itself."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import msgspec

from mimawari.detectors.remote.prompt import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mimawari.detectors.second_stage.asking import Reply, StageAsker
    from mimawari.detectors.second_stage.stage_file import ClauseCase

VIOLATED_FROM = 50.0


class CaseResult(msgspec.Struct, frozen=True):
    """What the endpoint said of a test case.

    Parameters
    ----------
    answered
        Its number for the clause; None without an answer, ``problem`` says why then.
    """

    place: str
    clause: str
    must: bool
    title: str
    answered: float | None
    why: str
    problem: str

    @property
    def passes(self) -> bool:
        """Whether the answer is as the case wants it; without one it is not."""
        return self.answered is not None and (self.answered >= VIOLATED_FROM) == self.must

    @property
    def failure(self) -> str:
        """What is wrong with it, in a line."""
        if self.answered is None:
            return f"{self.title[:60]!r} has no answer: {self.problem}"
        wanted = "must be found" if self.must else "must not be found"
        return f"{self.title[:60]!r} {wanted} to violate {self.clause}: {self.answered:g} of 100"


def try_cases(asker: StageAsker, cases: Sequence[ClauseCase]) -> list[CaseResult]:
    """Ask about every case, each alone; gives the results in their order."""
    with ThreadPoolExecutor(asker.spec.concurrency) as pool:
        replies = list(pool.map(lambda case: asker.ask([shown(case.listing)])[0], cases))
    return [_result(case, reply) for case, reply in zip(cases, replies, strict=True)]


def _result(case: ClauseCase, reply: Reply) -> CaseResult:
    answer = reply.answer
    return CaseResult(
        case.place,
        case.clause,
        case.must,
        case.listing.title,
        answer.clauses.get(case.clause) if answer else None,
        answer.why if answer else "",
        reply.problem,
    )
