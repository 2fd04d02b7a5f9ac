"""How many reviews a decision takes, and how often it is wrong, on simulated marketplaces.

    python -m bench experiments [--quick]

Every figure comes from runs of trials on a bivariate normal marketplace with known truth
(`mimawari.simulation.duel`): P@200, overlap and prevalence as stated, a pool of days drawn once
a case and sampled with replacement, the null made by exchanging the models by a coin a day.
The folds are compiled; `tests/bench/test_compiled.py` holds them against the library's. Writes
bench/results/experiments.json and docs/images/experiments.svg.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from bench.environment import result, write

PICTURE = Path(__file__).parents[2] / "docs" / "images" / "experiments.svg"


def main(quick: bool = False) -> dict[str, Any]:
    """Run all; quickly with fewer runs, days and cells, which proves little and writes nothing."""
    from bench.experiments import cases, controls, cost, figure, nulls, safety, speed

    size = cases.QUICK if quick else cases.FULL
    cells = cases.QUICK_CELLS if quick else cases.NULL_CELLS
    start = time.perf_counter()

    def say(what: str) -> None:
        print(f"{time.perf_counter() - start:6.0f} s  {what}", file=sys.stderr, flush=True)

    speed_aims, speeds = speed.measure()
    workers = 1 if quick else os.cpu_count() or 1
    with ProcessPoolExecutor(workers) as processes:
        each = map if workers == 1 else processes.map
        cost_aims, costs, curves = cost.measure(size, each)
        say("cost")
        safety_aims, rejected = safety.rejections(size, each)
        caught_aims, caught = safety.caught(size, each, cells)
        say("safety")
        control_aims, wrong = controls.measure(size, each, cells)
        say("controls")
        null_aims, rates = nulls.measure(size, each, cells)
        say("nulls")
        special = {} if quick else nulls.special(size, each)
    picture = figure.draw(costs, curves, rates, wrong)
    found = result(
        [*cost_aims, *null_aims, *control_aims, *safety_aims, *caught_aims, *speed_aims],
        {
            "seconds": round(time.perf_counter() - start),
            "processor_seconds": round(_processor_seconds()),
            "processes": workers,
            "runs": size.runs,
            "reviews_and_days": costs,
            "false_promotions": rates,
            "false_promotions_at_70_percent": special,
            "wrong_ways": wrong,
            "false_rejections": rejected,
            "violations_caught": caught,
            "speed": speeds,
        },
    )
    if not quick:
        write("experiments", found)
        figure.save(picture, PICTURE)
    return found


def _processor_seconds() -> float:
    """Add up what this process and those that it waited for have used."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


if __name__ == "__main__":
    print(json.dumps(main(quick="--quick" in sys.argv), indent=1, ensure_ascii=False))
