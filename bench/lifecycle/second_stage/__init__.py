"""Does a second stage reach what its error rates allow, and does it ever hold anything up?

    python -m bench.lifecycle.second_stage          (days, stall: one of its parts)

Topics whose first-stage scores are calibrated, and a simulated model that finds .9 of the
violations and .8 of the others right, behind a real HTTP endpoint. One day in shadow, whose list
is decided and learnt from; then a day on which it re-ranks the best 3K with a budget of 3K, as
listings come. Precision@K against an exact calculation from these numbers alone. Then the endpoint
accepts requests and says nothing. Writes bench/results/lifecycle_second_stage.json.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np

from bench.environment import RESULTS, aim, result, rounded, write
from bench.lifecycle.second_stage import theory
from bench.lifecycle.second_stage.judge import endpoint
from bench.lifecycle.second_stage.market import Day, levels, name

NAME = "lifecycle_second_stage"
RATES = (0.9, 0.8)
M, WAIT, STALL_WAIT, STALLED = 3, 600, 5.0, 300
PARTS = ("days", "stall")


def main(quick: bool = False, parts: Sequence[str] = PARTS) -> dict[str, Any]:
    """Measure the parts, each with a store and a process of its own; others stay as they were."""
    size = (2, 600, 30) if quick else (12, 6_000, 400)
    spawn = multiprocessing.get_context("spawn")
    figures = {} if set(parts) == set(PARTS) else json.loads(_kept())["figures"]
    for part in parts:
        with ProcessPoolExecutor(1, mp_context=spawn) as pool:
            figures[part] = pool.submit(measure, part, size).result()
    days, stall = figures["days"], figures["stall"]
    aims = [
        aim(
            "Precision@K off what the error rates allow",
            0.01,
            abs(days["second"]["precision"] - days["theory"]),
            True,
        ),
        aim("seconds beyond the wait while the endpoint stalls", 1.0, stall["beyond_wait"], True),
        aim("alerts of a list beyond K", 0, days["second"]["longest_list"] - days["k"], True),
    ]
    report = result(aims, figures)
    if not quick:
        write(NAME, report)
    return report


def _kept() -> str:
    return (RESULTS / f"{NAME}.json").read_text("utf-8")


def measure(part: str, size: tuple[int, int, int]) -> dict[str, Any]:
    """Measure one part on a store of its own."""
    topics, listings, k = size
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MIMAWARI_STATE_DIR"] = folder
        os.environ["MIMAWARI_DATABASE_URL"] = f"sqlite:///{folder}/second_stage.db"
        os.environ |= {f"MIMAWARI_{n}_SHARE": "0" for n in ("EXPLORATION", "SECOND", "GOLDEN")}
        from mimawari.service.project.setup import setup

        setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        began = time.monotonic()
        figures = _days(topics, listings, k) if part == "days" else _stall(topics, k)
        return figures | {"topics": topics, "seconds": rounded(time.monotonic() - began)}


def _days(topics: int, listings: int, k: int) -> dict[str, Any]:
    """Learn on a day in shadow, then rank the next one."""
    from bench.lifecycle.second_stage import service
    from mimawari.service.platform import clock
    from mimawari.service.second_stage.learning import learn_weights

    rng = np.random.default_rng(7)
    first, second = (Day.draw(rng, topics, listings, RATES, at) for at in (0, listings))
    terms = {"m": M, "budget": M * k, "wait": WAIT}
    service.put_topics(topics, k)
    with _endpoint(first, second) as url:
        service.run_day(first, url, terms, "shadow")
        shadow = service.reached(first, k)
        service.decide(first)
        learn_weights()
        with service.later(1):
            service.run_day(second, url, terms, "champion")
            reached, asked = service.reached(second, k), service.asked(clock.database_now())
    return _theory(second, k) | {
        "listings": listings,
        "k": k,
        "sensitivity_specificity": list(RATES),
        "shadow": shadow,
        "second": reached,
        "asked": asked,
    }


def _stall(topics: int, k: int) -> dict[str, Any]:
    """Let listings come while the endpoint accepts requests and says nothing."""
    from bench.lifecycle.second_stage import service

    day = Day.draw(np.random.default_rng(8), topics, STALLED, RATES)
    terms = {"m": M, "budget": M * k, "wait": STALL_WAIT}
    service.put_topics(topics, k)
    with _endpoint(day) as url:
        service.put_stages(day, url, terms, "champion")
    delay = service.longest_delay(day, url, terms)
    return {
        "listings": STALLED,
        "wait": STALL_WAIT,
        "longest_delay": rounded(delay),
        "beyond_wait": rounded(max(0.0, delay - STALL_WAIT)),
    }


def _endpoint(*days: Day) -> Any:  # noqa: ANN401  # a context
    answers = np.concatenate([day.answers for day in days], axis=1)
    return endpoint({name(t): row.tolist() for t, row in enumerate(answers)})


def _theory(day: Day, k: int) -> dict[str, Any]:
    """Give what the numbers allow: of the distribution, and of the day's own draws."""
    part, scores = k / day.level.shape[1], levels()[day.level]
    own = [
        theory.same_draws(scores[t], day.truth[t], day.answers[t], k, M, *RATES)
        for t in range(len(scores))
    ]
    return {
        "theory": rounded(theory.precision(levels(), M * part, part, *RATES)),
        "theory_first_stage": rounded(theory.first_stage(levels(), part)),
        "same_draws_all_asked": rounded(float(np.mean(own))),
    }
