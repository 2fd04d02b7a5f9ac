"""Sellers who bring several listings at once, counted by listing and by seller; and who go on.

python -m bench.lifecycle.drifting.sellers
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bench.environment import rounded
from mimawari.evaluation.drift.detector import Detector
from mimawari.evaluation.drift.reference import Reference
from mimawari.evaluation.drift.rule import Rule

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

SHARE, MOVED, LISTINGS_EACH = 0.45, 0.55, 5.0
USUAL = Reference(np.array([SHARE, 1 - SHARE]), np.zeros(2))


def measure(rule: Rule, listings: int, runs: int, seed: int) -> dict[str, Any]:
    """Watch one language where a seller brings five listings of it in the mean, in one go."""
    random = np.random.default_rng(seed)
    figures: dict[str, Any] = {"listings": listings, "listings_each": LISTINGS_EACH}
    by_listing, by_seller = batches(SHARE, listings, rule.batch, random)
    figures["alarms_by_listing"] = len(alarms(by_listing, rule))
    figures["alarms_by_seller"] = len(alarms(by_seller, rule))
    seen = []
    for _ in range(runs):
        _, counted = batches(MOVED, 40_000, rule.batch, random)
        seen.append(next(iter(alarms(counted, rule)), np.inf) * rule.batch)
    figures["delay_by_seller"] = {
        "mean": rounded(float(np.mean(seen))),
        "p95": rounded(float(np.quantile(seen, 0.95))),
    }
    return figures


def batches(
    share: float, listings: int, batch: int, random: np.random.Generator
) -> tuple[Floats, Floats]:
    """Draw hits and number of each batch, by listing and by seller; each (batches, 2)."""
    sizes = random.geometric(1 / LISTINGS_EACH, int(listings / LISTINGS_EACH * 1.5) + 100)
    of = np.repeat(np.arange(len(sizes)), sizes)[: listings // batch * batch].reshape(-1, batch)
    hit = random.random(len(sizes)) < share
    by_listing = np.column_stack([hit[of].sum(axis=1), np.full(len(of), batch)])
    first = np.column_stack([np.ones(len(of), np.bool_), np.diff(of, axis=1) > 0])
    by_seller = np.column_stack([(hit[of] & first).sum(axis=1), first.sum(axis=1)])
    return by_listing.astype(np.float64), by_seller.astype(np.float64)


def alarms(counted: Floats, rule: Rule) -> list[int]:
    """Give the batches after which a change was told, the first as 1."""
    detector = Detector([0.5, 0.5], rule)
    return [
        i
        for i, (hits, n) in enumerate(counted, 1)
        if detector.step([hits, n - hits], n, USUAL).any()
    ]


def going_on(rule: Rule, each: int, lasting: int, listings: int, seed: int) -> int:
    """Count alarms where so many sellers of each batch bring one kind for so many batches."""
    random, detector = np.random.default_rng(seed), Detector([0.5, 0.5], rule)
    kinds, told = random.random(each) < SHARE, 0
    for _ in range(listings // rule.batch):
        new = random.random(each) < 1 / lasting
        kinds = np.where(new, random.random(each) < SHARE, kinds)
        hits = kinds.sum() + random.binomial(rule.batch - each, SHARE)
        told += bool(detector.step([hits, rule.batch - hits], rule.batch, USUAL).any())
    return told


def main() -> None:
    """Print alarms in 1.5 million listings, by who goes on for how long; mean of four."""
    for each, lasting in ((10, 10), (10, 100), (20, 100)):
        told = [going_on(Rule(), each, lasting, 1_500_000, seed) for seed in range(4)]
        print(f"{each} of {Rule().batch} sellers for {lasting} batches: {np.mean(told)} alarms")


if __name__ == "__main__":
    main()
