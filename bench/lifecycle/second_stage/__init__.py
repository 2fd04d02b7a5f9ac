"""Does a second stage reach what its error rates allow, and does it ever hold anything up?

    python -m bench.lifecycle.second_stage

Topics whose first-stage scores are calibrated, and a simulated model that finds .9 of the
violations and .8 of the others right, behind a real HTTP endpoint. One day in shadow, whose list
is decided and learnt from; then a day on which it re-ranks the best 3K with a budget of 3K, as
listings come. Precision@K against an exact calculation from these numbers alone. Then the endpoint
accepts requests and says nothing. Writes bench/results/lifecycle_second_stage.json.
"""

from __future__ import annotations

import os
import tempfile
import time
from typing import Any

import numpy as np

from bench.environment import aim, result, rounded, write
from bench.lifecycle.second_stage import theory
from bench.lifecycle.second_stage.judge import endpoint
from bench.lifecycle.second_stage.market import Day, levels, name

RATES = (0.9, 0.8)
M, WAIT, STALL_WAIT, STALLED = 3, 600, 5.0, 300


def main(quick: bool = False) -> dict[str, Any]:
    """Measure all of it."""
    topics, listings, k = (2, 600, 30) if quick else (12, 6_000, 400)
    rng = np.random.default_rng(7)
    counts = (listings, listings, STALLED)
    starts = (0, listings, 2 * listings)
    days = [
        Day.draw(rng, topics, count, RATES, first)
        for count, first in zip(counts, starts, strict=True)
    ]
    terms = {"m": M, "budget": M * k, "wait": WAIT}
    began = time.monotonic()
    figures = _figures(days, topics, k, terms) | {"listings": listings, "topics": topics}
    figures["seconds"] = rounded(time.monotonic() - began)
    away = abs(figures["second"]["precision"] - figures["theory"])
    aims = [
        aim("Precision@K off what the error rates allow", 0.01, away, True),
        aim("seconds beyond the wait while the endpoint stalls", 1.0, figures["beyond_wait"], True),
        aim("alerts of a list beyond K", 0, figures["second"]["longest_list"] - k, True),
    ]
    report = result(aims, figures)
    if not quick:
        write("lifecycle_second_stage", report)
    return report


def _figures(days: list[Day], topics: int, k: int, terms: dict[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MIMAWARI_STATE_DIR"] = folder
        os.environ["MIMAWARI_DATABASE_URL"] = f"sqlite:///{folder}/second_stage.db"
        os.environ |= {f"MIMAWARI_{n}_SHARE": "0" for n in ("EXPLORATION", "SECOND", "GOLDEN")}
        from mimawari.service.project.setup import setup

        setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        return _run(days, topics, k, terms)


def _run(days: list[Day], topics: int, k: int, terms: dict[str, Any]) -> dict[str, Any]:
    from bench.lifecycle.second_stage import service
    from mimawari.service.platform import clock
    from mimawari.service.second_stage.learning import learn_weights

    service.put_topics(topics, k)
    first, second, stalled = days
    answers = np.concatenate([day.answers for day in days], axis=1)
    with endpoint({name(t): row.tolist() for t, row in enumerate(answers)}) as url:
        service.run_day(first, url, terms, "shadow")
        shadow = service.reached(first, k)
        service.decide(first)
        learn_weights()
        with service.later(1):
            service.run_day(second, url, terms, "champion")
            reached, asked = service.reached(second, k), service.asked(clock.database_now())
        with service.later(2):
            service.put_stages(stalled, url, terms | {"wait": STALL_WAIT}, "champion")
    with service.later(2):
        delay = service.longest_delay(stalled, url, terms | {"wait": STALL_WAIT})
    return _theory(second, k) | {
        "k": k,
        "sensitivity_specificity": list(RATES),
        "shadow": shadow,
        "second": reached,
        "asked": asked,
        "stall_wait": STALL_WAIT,
        "longest_delay": rounded(delay),
        "beyond_wait": rounded(max(0.0, delay - STALL_WAIT)),
    }


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
