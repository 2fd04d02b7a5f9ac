"""A share moves at some minute: how many listings later is it told?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bench.environment import rounded
from bench.lifecycle.drifting.market import BASE, EXCLUSIVE, KIND_OF, WEIGHTS, Market, moved
from bench.lifecycle.drifting.months import A_DAY, HOURS, WINDOW_DAYS, learn
from mimawari.evaluation.drift.detector import Detector

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mimawari.evaluation.drift.rule import Rule

    Floats = NDArray[np.float64]

# Ten points, where they are hardest to see and elsewhere: name, kind, from, by.
CASES = (
    ("language, 45 % to 55 %", "language", 0.45, 0.1),
    ("language, 45 % to 35 %", "language", 0.45, -0.1),
    ("language, 12 % to 22 %", "language", 0.12, 0.1),
    ("category, 22 % to 32 %", "category", 0.22, 0.1),
    ("category, 1 % to 11 %", "category", 0.01, 0.1),
    ("price band, 45 % to 55 %", "price", 0.45, 0.1),
    ("price band, 33 % to 23 %", "price", 0.33, -0.1),
)
BEFORE, MOST = 50, 100  # batches before the move, and at most after it


def delays(case: tuple[str, str, float, float], rule: Rule, runs: int, seed: int) -> Floats:
    """Give after how many listings the kind that moved was told, in each run; inf: never.

    Counts of a kind are multinomial. The move comes between two batches at a random hour of the
    week, after two weeks from which the reference was learnt.
    """
    random, market = np.random.default_rng(seed), Market()
    stream = int(np.flatnonzero((case[1] == KIND_OF) & (case[2] == BASE))[0])
    hourly = A_DAY // HOURS
    past = np.array([market.shares(at + 0.5) for at in range(WINDOW_DAYS * HOURS)])
    found = []
    for _ in range(runs):
        cycles = learn(random.binomial(hourly, past)[:, None].astype(np.float64), hourly, 0)
        hour = WINDOW_DAYS * HOURS + random.uniform(0, HOURS)
        usual, reference = market.shares(hour), cycles.at(hour)
        detector = Detector(WEIGHTS, rule)
        for _ in range(BEFORE):
            detector.step(batch(usual, rule.batch, random), rule.batch, reference)
        now = moved(usual, stream, case[3])
        same = case[1] == KIND_OF
        steps = (
            i
            for i in range(1, MOST + 1)
            if detector.step(batch(now, rule.batch, random), rule.batch, reference)[same].any()
        )
        found.append(next(steps, np.inf) * rule.batch)
    return np.array(found)


def batch(shares: Floats, sellers: int, random: np.random.Generator) -> Floats:
    """Draw a batch: what excludes each other as one draw, scores and alerts by themselves."""
    counts = random.binomial(sellers, shares).astype(np.float64)
    for kind in EXCLUSIVE:
        counts[kind == KIND_OF] = random.multinomial(sellers, shares[kind == KIND_OF])
    return counts


def told(listings: Floats) -> dict[str, Any]:
    """Sum the delays of a case up."""
    return {
        "mean": rounded(float(listings.mean())),
        "median": rounded(float(np.median(listings))),
        "p95": rounded(float(np.quantile(listings, 0.95, method="higher"))),
        "within_2000": rounded(float((listings <= 2000).mean())),
    }
