"""False promotions when the models are equal, with a look after every review."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from bench.environment import aim, rounded
from bench.experiments.cases import CLUSTERS, NULL_CELLS, SLOW, SPREAD, Cell, Each, Size, mirrored
from bench.experiments.runs import Limits, blocks, pairs
from mimawari.simulation.delays import Delays
from mimawari.simulation.effects import Effects
from mimawari.simulation.pool import Pool

DAYS = 60
# The rule as it is used; elsewhere there is neither a least number of days nor a guard, so
# that nothing but the evidence itself holds the level.
ONLINE_RULE = {"minimum_days": 3, "phi_limit": 1.1}
WINDOW_RULE = {"minimum_days": 14, "phi_limit": 1.1}
Rates = dict[str, float]


def designs(
    pool: Pool,
    test: Limits,
    runs: int,
    seed: int,
    delays: Delays | None = None,
    rule: bool = False,
) -> Rates:
    """Give the share of runs that any look would have promoted, by design."""
    test = replace(test, only_promote=True)  # futility would only end runs early
    online = replace(test, **ONLINE_RULE) if rule else test
    window = replace(test, **WINDOW_RULE) if rule else test
    late = {"delays": delays} if delays else {}
    found = {
        "online safe": pairs(pool, online, runs, DAYS, seed, "safe", True, **late).ever,
        "online fast": pairs(pool, online, runs, DAYS, seed, "fast", True, **late).ever,
    }
    if not delays:  # a window's labels are waited for
        found["back-test reuse"] = blocks(pool, window, runs, seed, null=True).ever
        found["back-test fresh pairs"] = pairs(pool, window, runs, 28, seed, "fresh", True).ever
    return {k: rounded(v) for k, v in found.items()}


def variants(cell: Cell, size: Size) -> Iterator[tuple[str, Rates]]:
    """Yield the rates of a cell under each departure from independent, alike days."""

    def under(pool: Pool, seed: int, delays: Delays | None = None, rule: bool = False) -> Rates:
        return designs(pool, cell.test(pool), size.runs, seed, delays, rule)

    plain = cell.pool(size.pool_days)
    yield "plain", under(plain, 21)
    yield "delays", under(plain, 22, delays=SLOW)
    yield "seller clusters", under(cell.pool(size.pool_days, CLUSTERS), 23)
    yield "day effects", under(replace(cell, spread=SPREAD).pool(size.pool_days), 24)
    disperse = cell.pool(size.pool_days, cell.with_interplay())
    yield "over-dispersion", under(disperse, 25, rule=True)


def _cell(cell: Cell, size: Size) -> dict[str, Rates]:
    return dict(variants(cell, size))


def measure(
    size: Size, each: Each, cells: list[Cell] = NULL_CELLS
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Give aims and figures: rates by variant, cell and design."""
    rates: dict[str, dict[str, Rates]] = {}
    for cell, by_variant in zip(cells, each(partial(_cell, size=size), cells), strict=True):
        for variant, found in by_variant.items():
            rates.setdefault(variant, {})[cell.name] = found
    aims = [
        aim(f"false promotions, {variant}, worst of {len(cells)} cells", rounded(size.limit),
            max(max(found.values()) for found in by_cell.values()), at_most=True)
        for variant, by_cell in rates.items()
    ]  # fmt: skip
    return aims, {"runs": size.runs, "limit": rounded(size.limit), "rates": rates}


def _dispersed(sd: float, size: Size) -> dict[str, Rates]:
    cell = Cell("normal", 0.7)
    pool = cell.pool(size.pool_days, Effects(interplay=cell.duel().interplay(sd)))
    test = cell.test(pool)
    return {
        "guarded": designs(pool, test, size.runs, 33, rule=True),
        "bare": designs(pool, test, size.runs, 33),
    }


def _other(size: Size) -> dict[str, Any]:
    cell = Cell("normal", 0.7)
    plain = cell.pool(size.pool_days)
    test = cell.test(plain)
    drift = cell.pool(size.pool_days // DAYS * DAYS, Effects(drift=0.01, horizon=DAYS))
    random = np.random.default_rng(31)
    alike = plain.judged((0.9, 0.97), (0.9, 0.97), random)
    even, alone = mirrored(plain), replace(test, only_promote=True)
    differential = {}
    for se in (0.95, 0.90, 0.85):
        found = blocks(even.judged((se, 1.0), (1.0, 1.0), random), alone, size.runs, 32)
        differential[str(se)] = rounded(found.ever)
    return {
        "drift of both models": designs(drift, test, size.runs, 34),
        "moderators of sensitivity .90, specificity .97": designs(alike, test, size.runs, 35),
        "re-used labels of a lower sensitivity than new ones": differential,
    }


def special(size: Size, each: Each) -> dict[str, Any]:
    """Give rates at 70 % overlap under drift, noisy moderators, and growing over-dispersion."""
    sds = (0.04, 0.06, 0.10)
    found = each(partial(_dispersed, size=size), sds)
    return {
        "sd of the day-by-model effect": dict(zip(map(str, sds), found, strict=True)),
        **_other(size),
    }
