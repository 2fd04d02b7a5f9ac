"""Which guard of a model is breached, by what was counted since it came into force."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from mimawari.evaluation.guards.evidence import above, below
from mimawari.evaluation.guards.minutes import is_bad
from mimawari.figures import three_figures

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from mimawari.evaluation.guards.policy import Guards
    from mimawari.evaluation.guards.reference import Reference

SEQUENTIAL = 4
"""Guards that share the chance of a false breach."""


class GuardName(StrEnum):
    """What a guard watches."""

    MISSING = "missing"
    MORE_ALERTS = "more_alerts"
    FEWER_ALERTS = "fewer_alerts"
    SLOW = "slow"
    GOLDEN_SCORES = "golden_scores"
    EXPERIMENT = "experiment"


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """What was counted since a model came into force.

    Parameters
    ----------
    sellers, scored, reached
        Listings, each seller once a day; of these with a score, and at the usual level.
    minutes, failing, many
        In which enough sellers came; of these with too many listings without a score, and with
        too many at the level.
    timed, slow
        Minutes in which it was seen how long the model takes, and of these the slow ones.
    """

    sellers: int = 0
    scored: int = 0
    reached: int = 0
    minutes: int = 0
    failing: int = 0
    many: int = 0
    timed: int = 0
    slow: int = 0

    def with_minute(
        self, guards: Guards, reference: Reference | None, scores: NDArray[np.float64]
    ) -> Counts:
        """Add a minute.

        Parameters
        ----------
        scores
            Shape (sellers,); NaN is missing.
        """
        missing, sellers = int(np.isnan(scores).sum()), len(scores)
        scored = sellers - missing
        reached = int((scores >= reference.level).sum()) if reference else 0
        most = most_at_level(guards, reference)
        return Counts(
            sellers=self.sellers + sellers,
            scored=self.scored + scored,
            reached=self.reached + reached,
            minutes=self.minutes + 1,
            failing=self.failing + is_bad(missing, sellers, most_missing(guards, reference)),
            many=self.many + is_bad(reached, scored, most),
            timed=self.timed,
            slow=self.slow,
        )

    def with_time(self, slow: bool) -> Counts:
        """Add a minute in which it was seen how long the model takes."""
        return msgspec.structs.replace(self, timed=self.timed + 1, slow=self.slow + slow)


def most_missing(guards: Guards, reference: Reference | None) -> float:
    """Give the share of listings without a score from which on a minute may be bad."""
    return min(1.0, guards.missing + (reference.missing if reference else 0.0))


def most_at_level(guards: Guards, reference: Reference | None) -> float:
    """Give the share at the usual level from which on a minute may be bad."""
    return min(1.0, reference.high * guards.alert_ratio) if reference else 1.0


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What one guard says.

    Parameters
    ----------
    share, limit
        What was seen, and what is allowed.
    evidence
        By how much the counts speak against the limit: 1 is a breach, 0 nothing (the part of the
        nats that are needed).
    """

    guard: GuardName
    share: float
    limit: float
    evidence: float

    @property
    def breached(self) -> bool:
        """Whether the topic should go back."""
        return self.evidence >= 1

    @property
    def statement(self) -> str:
        """Say it in a sentence."""
        seen, allowed = three_figures(self.share), three_figures(self.limit)
        return STATEMENTS[self.guard].format(seen=seen, allowed=allowed)


STATEMENTS = {
    GuardName.MISSING: "in {seen} of the minutes listings got no score; {allowed} are allowed",
    GuardName.MORE_ALERTS: "in {seen} of the minutes too many reach the usual level; {allowed} may",
    GuardName.FEWER_ALERTS: "a share of {seen} reaches the usual level; {allowed} should",
    GuardName.SLOW: "{seen} of the minutes are slow; {allowed} are allowed",
    GuardName.GOLDEN_SCORES: "a scorer's golden scores are {seen} off; allowed are {allowed}",
    GuardName.EXPERIMENT: "the guard of its experiment found the model before it the better one",
}


def judge(guards: Guards, reference: Reference | None, counts: Counts) -> tuple[Standing, ...]:
    """Hold what was counted against what is allowed.

    Each of the four has an equal part of ``error_chance``, half of it for the bounds of its
    reference: all four together are falsely breached with that chance at most over the whole time
    in which the model is watched, as long as

    1. given what was seen before, no more than ``bad_minutes`` of the minutes are bad in the mean,
       whatever makes them bad: a fault of a batch, a ring of sellers, a busy machine;
    2. the share at the usual level is the usual one through ``alert_ratio`` at least, of sellers
       whose listings tell nothing of the next seller's.

    Without a reference the share at the level is not judged.

    Examples
    --------
    >>> from mimawari.evaluation.guards.policy import Guards
    >>> failing = Counts(minutes=6, failing=6)
    >>> [standing.guard.value for standing in judge(Guards(), None, failing) if standing.breached]
    ['missing']
    """
    needed = math.log(2 * SEQUENTIAL / guards.error_chance)
    return tuple(_standings(guards, reference, counts, needed))


def _standings(
    guards: Guards, reference: Reference | None, counts: Counts, needed: float
) -> Iterator[Standing]:
    minutes = {
        GuardName.MISSING: (counts.failing, counts.minutes),
        GuardName.MORE_ALERTS: (counts.many, counts.minutes),
        GuardName.SLOW: (counts.slow, counts.timed),
    }
    for guard, (bad, of) in minutes.items():
        if guard != GuardName.MORE_ALERTS or reference is not None:
            nats = above(bad, of, guards.bad_minutes)
            yield _standing(guard, bad, of, guards.bad_minutes, nats / needed)
    if reference is not None:
        hits, of, least = counts.reached, counts.scored, reference.low / guards.alert_ratio
        nats = below(hits, of, least)
        yield _standing(GuardName.FEWER_ALERTS, hits, of, least, nats / needed)


def _standing(guard: GuardName, hits: float, of: float, limit: float, evidence: float) -> Standing:
    share = hits / of if of else 0.0
    return Standing(guard=guard, share=share, limit=limit, evidence=max(0.0, evidence))
