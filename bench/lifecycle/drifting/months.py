"""Months of many markets in which nothing is wrong: how often is something told?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import binom

from bench.lifecycle.drifting import kernel
from bench.lifecycle.drifting.market import BASE, WEIGHTS, Market
from mimawari.evaluation.drift.detector import log_gains, made
from mimawari.evaluation.drift.reference import Cycles, Reference, fit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mimawari.evaluation.drift.rule import Rule

    Floats = NDArray[np.float64]

WINDOW_DAYS, DAYS, HOURS = 14, 30, 24
A_DAY = 1_500_000


@dataclass(frozen=True, slots=True)
class Months:
    """What was told in some months.

    Parameters
    ----------
    alarms
        Of each run.
    told
        Of each stream, over all runs.
    """

    alarms: NDArray[np.int64]
    told: NDArray[np.int64]


def run(
    market: Market, rule: Rule, runs: int, seed: int, a_day: int = A_DAY, days: int = DAYS
) -> Months:
    """Watch a market for a month, so many times; the reference is learnt anew each midnight.

    Every batch is of as many sellers as listings. Streams are drawn independently of each other,
    a reference's past hours as binomial totals.
    """
    random = np.random.default_rng(seed)
    batches = round(a_day / HOURS / rule.batch)
    sellers = batches * rule.batch
    past, levels = _past(market, runs, days, sellers, random)
    evidence = np.zeros((runs, len(BASE), len(rule.odds)))
    alarms, told = np.zeros(runs, np.int64), np.zeros(len(BASE), np.int64)
    for day in range(days):
        cycles = learn(past[day * HOURS : (day + WINDOW_DAYS) * HOURS], sellers, day)
        for h in range(HOURS):
            at = (day + WINDOW_DAYS) * HOURS + h
            shares = market.shares(at + 0.5, levels[day + WINDOW_DAYS])
            pmf = binom.pmf(np.arange(rule.batch + 1), rule.batch, shares[:, None])
            keep, other = kernel.aliases(pmf)
            begun, ratio, floor = _bets(cycles.at(at + 0.5), rule, runs)
            for r in range(runs):
                alarms[r] += kernel.hour(
                    evidence[r], WEIGHTS, begun[r], ratio[r], floor[r], keep, other,
                    batches, rule.least_evidence, random.integers(2**63), told,
                )  # fmt: skip
    return Months(alarms, told)


def learn(window: Floats, sellers: int, day: int) -> Cycles:
    """Fit the references of all runs, one beside the other: (hours, runs, streams)."""
    hours = day * HOURS + np.arange(len(window)) + 0.5
    return fit(window.reshape(len(window), -1), np.full(len(window), sellers), hours)


def _past(
    market: Market, runs: int, days: int, sellers: int, random: np.random.Generator
) -> tuple[Floats, Floats]:
    """Draw the hourly counts that references are learnt from, and each day's levels."""
    levels = market.levels(WINDOW_DAYS + days, random)
    shares = np.array(
        [market.shares(at + 0.5, levels[at // HOURS]) for at in range((WINDOW_DAYS + days) * HOURS)]
    )
    drawn = random.binomial(sellers, shares[:, None, :], (len(shares), runs, len(BASE)))
    return drawn.astype(np.float64), levels


def _bets(reference: Reference, rule: Rule, runs: int) -> list[Floats]:
    """Give which bets each run makes, and what a hit and a batch without any multiply them by.

    Each of shape (runs, streams, bets).
    """
    none = log_gains(np.zeros(1), rule.batch, reference, rule)
    one = log_gains(np.ones(1), rule.batch, reference, rule)
    return [
        np.ascontiguousarray(
            each.reshape(len(rule.odds), runs, len(BASE)).transpose(1, 2, 0), np.float64
        )
        for each in (made(reference, rule), np.exp(one - none), np.exp(none))
    ]
