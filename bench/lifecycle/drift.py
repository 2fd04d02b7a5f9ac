"""How soon is it seen that a share has moved by ten points, and how often is that said wrongly?

    python -m bench.lifecycle.drift

A market of 1.5 million listings a day and 66 shares: languages, categories, price bands, lengths,
and of twenty topics the share above a score and the share alerted. Shares have daily waves, other
weekends, and a level that moves slowly; references are learnt from two weeks and anew each
midnight. False alarms: 1,000 months in which nothing is wrong. Delays: 1,000 moves a case. Then
months that break what is assumed, sellers who bring many listings at once, and river's detectors.
Writes bench/results/lifecycle_drift.json.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from bench.environment import aim, result, rounded, write
from bench.lifecycle.drifting import delays, river_detectors, sellers
from bench.lifecycle.drifting.market import BASE, KIND_OF, Market
from bench.lifecycle.drifting.months import A_DAY, DAYS, Months, run
from mimawari.evaluation.drift.rule import Rule

MOVES, MONTHS, AT_ONCE, BROKEN_MONTHS = 1_000, 1_000, 25, 6
THREADS = 2
WITHIN, SHARE_WITHIN = 2_000, 0.95
# In log odds; at a share of one half .04 is a point.
WORLDS = {
    "no cycle, no season": (Market(0, 0, 0), A_DAY),
    "daily wave twice as high": (Market(daily=0.8), A_DAY),
    "weekends off by .1": (Market(weekend=0.1), A_DAY),
    "weekends off by .2": (Market(weekend=0.2), A_DAY),
    "level moves by .004 a day": (Market(season=0.004), A_DAY),
    "level moves by .008 a day": (Market(season=0.008), A_DAY),
    "each day off by .02": (Market(wander=0.02), A_DAY),
    "each day off by .05": (Market(wander=0.05), A_DAY),
    "15,000 listings a day": (Market(), 15_000),
}


def main(quick: bool = False) -> dict[str, Any]:
    """Measure all of it."""
    rule, moves = Rule(), 4 if quick else MOVES
    months, broken, days = (2, 1, 2) if quick else (MONTHS, BROKEN_MONTHS, DAYS)
    quiet = _months(Market(), rule, months, A_DAY, days)
    seen = {case[0]: delays.delays(case, rule, moves, seed=1) for case in delays.CASES}
    worst = min(float((listings <= WITHIN).mean()) for listings in seen.values())
    figures = {
        "rule": {"run_length": rule.run_length, "batch": rule.batch, "tolerance": rule.tolerance},
        "streams": len(BASE),
        "months": months,
        "moves_a_case": moves,
        "quiet": _told(quiet),
        "delays": {name: delays.told(listings) for name, listings in seen.items()},
        "where_it_breaks": {
            name: _told(_months(market, rule, broken, a_day, days))
            for name, (market, a_day) in WORLDS.items()
        },
        "sellers": sellers.measure(rule, 20_000 if quick else A_DAY, 2 if quick else 200, seed=2),
        "river": river_detectors.measure(
            1 if quick else 4, A_DAY // (75 if quick else 1), 2 if quick else 100, 3
        ),
    }
    aims = [
        aim("false alarms in 30 days, all shares together", 1.0, quiet.alarms.mean(), True),
        aim("part of moves by ten points told within 2,000 listings", SHARE_WITHIN, worst),
    ]
    report = result(aims, figures)
    if not quick:
        write("lifecycle_drift", report)
    return report


def _months(market: Market, rule: Rule, runs: int, a_day: int, days: int) -> Months:
    """Simulate so many months: some at once, on two cores."""
    each = min(AT_ONCE, -(-runs // THREADS))

    def part(begun: int) -> Months:
        return run(market, rule, min(each, runs - begun), begun, a_day, days)

    with ThreadPoolExecutor(THREADS) as pool:
        parts = list(pool.map(part, range(0, runs, each)))
    return Months(
        np.concatenate([part.alarms for part in parts]), np.sum([part.told for part in parts], 0)
    )


def _told(months: Months) -> dict[str, Any]:
    kinds = sorted({str(kind) for kind in KIND_OF[months.told > 0]})
    return {
        "alarms_a_month": rounded(float(months.alarms.mean())),
        "months_without": rounded(float((months.alarms == 0).mean())),
        "kinds": kinds,
    }


if __name__ == "__main__":
    main()
