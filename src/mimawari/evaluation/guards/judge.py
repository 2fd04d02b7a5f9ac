"""Which guard of a model is breached, by what was counted since it came into force."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from mimawari.evaluation.guards.evidence import above, below
from mimawari.figures import three_figures

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mimawari.evaluation.guards.policy import Guards
    from mimawari.evaluation.guards.reference import Reference

SEQUENTIAL = 4
"""Guards that share the chance of a false breach: three by counts of listings, one of minutes."""


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
    sellers, missing, reached
        Listings, each seller once at a time; of these without a score, and at the level.
    scored
        Those with a score.
    minutes, slow
        In which it scored, and of these the slow ones.
    """

    sellers: float = 0.0
    missing: float = 0.0
    scored: float = 0.0
    reached: float = 0.0
    minutes: int = 0
    slow: int = 0


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
    GuardName.MISSING: "a share of {seen} of the listings got no score; allowed are {allowed}",
    GuardName.MORE_ALERTS: "a share of {seen} reaches the usual level; allowed are {allowed}",
    GuardName.FEWER_ALERTS: "a share of {seen} reaches the usual level; {allowed} should",
    GuardName.SLOW: "a share of {seen} of the minutes is slow; allowed are {allowed}",
    GuardName.GOLDEN_SCORES: "a scorer's golden scores are {seen} off; allowed are {allowed}",
    GuardName.EXPERIMENT: "the guard of its experiment found the model before it the better one",
}


def judge(guards: Guards, reference: Reference | None, counts: Counts) -> tuple[Standing, ...]:
    """Hold what was counted against what is allowed.

    Each of the four has an equal part of ``error_chance``, half of it for the bounds of its
    reference: all four together are falsely breached with that chance at most over the whole time
    in which the model is watched, as long as

    1. a seller's listing tells nothing of the next seller's beyond what was seen before (each is
       counted once a day); minutes likewise;
    2. the share without a score is no more than was usual and ``missing`` together, the share at
       the level is within ``alert_ratio`` of the usual one, no more than ``slow_minutes`` are slow.

    Without a reference the share at the level is not judged.

    Examples
    --------
    >>> from mimawari.evaluation.guards.policy import Guards
    >>> failing = Counts(sellers=400, missing=60, scored=340)
    >>> [standing.guard.value for standing in judge(Guards(), None, failing) if standing.breached]
    ['missing']
    """
    needed = math.log(2 * SEQUENTIAL / guards.error_chance)
    return tuple(_standings(guards, reference, counts, needed))


def _standings(
    guards: Guards, reference: Reference | None, counts: Counts, needed: float
) -> Iterator[Standing]:
    limit = min(guards.missing + (reference.missing if reference else 0.0), 1.0)
    nats = above(counts.missing, counts.sellers, limit)
    yield _standing(GuardName.MISSING, counts.missing, counts.sellers, limit, nats / needed)
    if reference is not None:
        most, least = reference.high * guards.alert_ratio, reference.low / guards.alert_ratio
        hits, of = counts.reached, counts.scored
        more, fewer = above(hits, of, min(most, 1.0)), below(hits, of, least)
        yield _standing(GuardName.MORE_ALERTS, hits, of, min(most, 1.0), more / needed)
        yield _standing(GuardName.FEWER_ALERTS, hits, of, least, fewer / needed)
    slow = above(counts.slow, counts.minutes, guards.slow_minutes)
    yield _standing(GuardName.SLOW, counts.slow, counts.minutes, guards.slow_minutes, slow / needed)


def _standing(guard: GuardName, hits: float, of: float, limit: float, evidence: float) -> Standing:
    share = hits / of if of else 0.0
    return Standing(guard=guard, share=share, limit=limit, evidence=max(0.0, evidence))
