"""Work on a server's own store, from outside of it: its history, and what it should come to.

python -m tests.service.trials.store_script history FOLDER   # topics, models, 16 days, a trial
python -m tests.service.trials.store_script told TRIAL       # what is stored, as JSON
python -m tests.service.trials.store_script again TRIAL      # the same trial, undisturbed
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from tests.acting import EVE, TESTS

from mimawari.service.project.setup import setup

REVIEWS = 12


def history(folder: str) -> None:
    """Fill the store with the market's past up to today, and start a back-test of it."""
    from bench.word_topic import TOPIC as TOPIC_TEXT
    from tests.releasing import register_validated
    from tests.service.trials import world

    from mimawari.service.releases.activating import activate_topic_files
    from mimawari.service.releases.activating_models import activate_model
    from mimawari.service.trials.trials import start_backtest

    paths = [Path(folder, f"{topic}.toml") for topic in (world.TOPIC, world.OTHER)]
    for path in paths:
        text = TOPIC_TEXT.format(topic=path.stem, word="zzz", capacity=world.CAPACITY)
        path.write_text(text.replace("a zzz", "zzz"), "utf-8")
    weak = world.fit(world.TOPIC, Path(folder, "weak"), n=150, flip=0.35, seed=1, text=world.FEW)
    good = world.fit(world.TOPIC, Path(folder, "good"))
    with pytest.MonkeyPatch.context() as patch:
        clock = world.Clock(datetime.now(UTC) - timedelta(days=16))
        world.told_time(patch, clock)
        activate_topic_files(paths, TESTS, "set-up")
        activate_model(weak, TESTS, "set-up")
        market = world.Market(clock)
        market.history(16)
    trial = start_backtest(
        world.TOPIC, register_validated(good, TESTS), EVE, "why",
        window_days=14, recheck=0, seed=5, reviews_per_day=REVIEWS,
    )  # fmt: skip
    truth = {name: world.TOPIC in violated for name, violated in market.truth.items()}
    print(json.dumps({"trial": trial.pk, "truth": truth}))


def told(number: str) -> None:
    """Print what is stored of a trial, and the evidence folded once more."""
    from mimawari.service.review.models import Decision
    from mimawari.service.trials.evidence import fold
    from mimawari.service.trials.models import Trial

    trial = Trial.objects.get(pk=int(number))
    decided = Decision.objects.filter(moderator__username="anna", replaced_by=None)
    look = trial.looks.order_by("pk").last()
    print(
        json.dumps(
            {
                "items": list(
                    trial.items.order_by("pk").values_list("step", "role", "listing_version")
                ),
                "dealt": sorted(
                    trial.items.exclude(alert=None).values_list("listing_version", flat=True)
                ),
                "decided": sorted(decided.values_list("alert_id", flat=True)),
                "rounds": trial.rounds.count(),
                "events": [one.kind for one in trial.events.order_by("pk")],
                "look": [look.steps, look.log_e] if look else None,
                "folded": fold(trial).evidence.log_e.tolist(),
            }
        )
    )


def again(number: str) -> None:
    """Start the same trial once more, prepare it without being disturbed, and print its items."""
    from mimawari.service.trials import runner
    from mimawari.service.trials.models import Trial, TrialState
    from mimawari.service.trials.trials import start_backtest, stop

    first = Trial.objects.get(pk=int(number))
    if first.state != TrialState.ENDED:
        stop(first, EVE, "compare")
    design = {k: first.design[k] for k in ("window_days", "recheck", "seed", "reviews_per_day")}
    why = "compare" if first.looks.exists() else ""  # else its window is not spent
    second = start_backtest(first.topic, first.candidate, EVE, "why", again=why, **design)
    runner.advance()
    told(str(second.pk))


if __name__ == "__main__":
    setup()
    call_command("migrate", verbosity=0, interactive=False)
    {"history": history, "told": told, "again": again}[sys.argv[1]](sys.argv[2])
