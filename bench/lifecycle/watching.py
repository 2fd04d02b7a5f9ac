"""What does it cost to watch listings for drift, and how often are days told wrongly?

    python -m bench.lifecycle.watching

Cost: a store with 40,000 scored listings of 20 topics, each with a model, is counted and watched by
the keeper's loop on one thread: processor time and time on the clock a listing, database included
(SQLite). Days: 100 topics a case over a year in which nothing changes; and how many days a fall of
a topic's precision takes to be told. Writes bench/results/lifecycle_watching.json.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from bench.environment import aim, result, rounded, write
from mimawari.evaluation.drift.days import limits_of_day, share_of_day

LISTINGS, TOPICS, A_DAY = 40_000, 20, 1_500_000
WORLDS, DAYS, CASES = 100, 365, 60
BATCH = 2_000
FALLS = ((0.7, 0.3), (0.7, 0.5), (0.9, 0.7))


def main(quick: bool = False) -> dict[str, Any]:
    """Measure both."""
    listings, worlds, days = (2_000, 2, 60) if quick else (LISTINGS, WORLDS, DAYS)
    cost = counting(listings)
    draw = np.random.default_rng(1)
    figures: dict[str, Any] = {
        "cost": cost,
        "days": {
            "of 60 cases": _quiet(draw, worlds, days, 0.0),
            "each day off by .15 in log odds": _quiet(draw, worlds, days, 0.15),
            "each day off by .3 in log odds": _quiet(draw, worlds, days, 0.3),
        },
        "numbers": {
            "Poisson": _numbers(draw, worlds, days, 0.0),
            "log-normal, spread .2": _numbers(draw, worlds, days, 0.2),
        },
        "falls": {f"{a} to {b}": _falls(draw, 4 if quick else 300, a, b) for a, b in FALLS},
    }
    share = cost["processor_microseconds"] * 1e-6 * A_DAY / 86_400
    figures |= {"listings": listings, "topics": TOPICS, "worlds": worlds, "cases_a_day": CASES}
    figures["share_of_a_core"] = share
    aims = [aim("share of a core at 1.5 million listings a day", 0.05, share, True)]
    report = result(aims, _rounded(figures))
    if not quick:
        write("lifecycle_watching", report)
    return report


def _rounded(value: Any) -> Any:  # noqa: ANN401  # JSON
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    return rounded(value) if isinstance(value, float) else value


def counting(listings: int) -> dict[str, float]:
    """Fill a store of its own and count it."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MIMAWARI_STATE_DIR"] = folder
        os.environ["MIMAWARI_DATABASE_URL"] = f"sqlite:///{folder}/watching.db"
        from mimawari.service.project.setup import setup

        setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        _fill(listings)
        return _count(listings)


def _fill(listings: int) -> None:
    from django.db import transaction
    from django.utils import timezone

    from mimawari.listings.listing import Listing
    from mimawari.records.deployment import Deployment, Slot
    from mimawari.records.manifest import Manifest, TopicEntry
    from mimawari.service.audit.bulk import commit
    from mimawari.service.audit.sealing import seal_all
    from mimawari.service.intake.event_kinds import LISTINGS as TABLE
    from mimawari.service.intake.models import ListingVersion, State
    from mimawari.service.releases.models import Generation
    from mimawari.service.scoring.models import Score

    draw, now = np.random.default_rng(2), timezone.now()
    names = [f"topic{i}" for i in range(TOPICS)]
    entries = {
        name: TopicEntry(
            topic_file=1,
            sha256="0" * 64,
            capacity=50,
            deployments=(Deployment(model=f"{name}-0123456789ab", slot=Slot.CHAMPION),),
        )
        for name in names
    }
    manifest = Manifest(topics=entries)
    generation = Generation.objects.create(
        manifest=manifest, created_at=now, actor="bench", reason="bench"
    )
    for start in range(0, listings, BATCH):
        made = [
            Listing(
                id=f"L{i}",
                version=1,
                seller_id=f"s{draw.integers(listings)}",
                title="a cup of tea " * 3,
                description="with a saucer, hardly used " * 10,
                price_minor=int(draw.integers(100, 100_000)),
                currency="JPY",
                category=(str(draw.choice(["Home", "Sports", "Toys", "Fashion"])), "Others"),
                language=str(draw.choice(["ja", "en", "fr"])),
            )
            for i in range(start, start + BATCH)
        ]
        with transaction.atomic():
            rows = ListingVersion.objects.bulk_create(
                ListingVersion(
                    listing_id=one.id,
                    version=1,
                    seller_id=one.seller_id,
                    payload=msgspec.json.encode(one).decode(),
                    received_at=now,
                    state=State.SCORED,
                )
                for one in made
            )
            kept = [(r.pk, r.listing_id, 1, r.seller_id, r.payload, r.received_at) for r in rows]
            commit(TABLE, kept)
            scores = draw.beta(0.3, 5, size=(BATCH, TOPICS)).astype("<f4")
            Score.objects.bulk_create(
                Score(
                    listing_version=row,
                    generation=generation,
                    scored_at=now,
                    day=now.date(),
                    scores=packed.tobytes(),
                    rule_scores=packed.tobytes(),
                    model_scores=packed.tobytes(),
                    refined=b"\xff" * 3,
                )
                for row, packed in zip(rows, scores, strict=True)
            )
        seal_all()


def _count(listings: int) -> dict[str, float]:
    from mimawari.evaluation.drift.hours import hour_of
    from mimawari.evaluation.drift.tally import Tally
    from mimawari.evaluation.drift.watch import PAST
    from mimawari.service.monitoring.drifting.counter import DriftCounter
    from mimawari.service.monitoring.models import DriftHour, DriftWatch
    from mimawari.service.platform import clock
    from mimawari.service.platform.leases import HeldLease

    lease = HeldLease("keeper", 3_600)
    assert lease.take()
    counter = DriftCounter(lease)
    counter._stopped.set()  # it does not pause while it catches up
    counter.turn()  # compiles, and makes the watches
    # With two weeks of past, so that every share is bet on.
    now = int(hour_of(clock.database_now()))
    first = now // 24 * 24 - PAST
    for watch in list(DriftWatch.objects.all()):
        tally: Tally = DriftHour.objects.filter(watch=watch.name).earliest("hour").tally
        DriftHour.objects.bulk_create(
            DriftHour(watch=watch.name, hour=hour, tally=tally)
            for hour in range(first, now)
            if not DriftHour.objects.filter(watch=watch.name, hour=hour).exists()
        )
        watch.state.day, watch.state.first = None, first
        watch.state.kinds = dict.fromkeys(watch.state.kinds, first)
        watch.save()
    counter = DriftCounter(lease)
    counter._stopped.set()
    counter.turn()  # learns
    began, processor, done = time.perf_counter(), time.process_time(), 0
    while counter.turn():
        done += 1
    clock_seconds, seconds = time.perf_counter() - began, time.process_time() - processor
    counted = max(1, done) * BATCH
    assert counter._watches["inputs"].watched
    return {
        "listings": counted,
        "processor_microseconds": 1e6 * seconds / counted,
        "clock_microseconds": 1e6 * clock_seconds / counted,
    }


def _quiet(draw: np.random.Generator, worlds: int, days: int, wander: float) -> dict[str, float]:
    """Count falls that are told although nothing fell."""
    told = 0
    for _ in range(worlds):
        odds = 0.4 + wander * draw.standard_normal(days)
        told += len(_run(draw, 1 / (1 + np.exp(-odds))))
    return {"told_in_1000_days": 1_000 * told / (worlds * days)}


def _run(draw: np.random.Generator, shares: Sequence[float] | NDArray[np.float64]) -> list[int]:
    past: list[tuple[int, int]] = []
    evidence, told = None, []
    for day, share in enumerate(shares):
        number = int(draw.poisson(CASES))
        hits = int(draw.binomial(number, share))
        today = share_of_day(past, hits, number, evidence)
        evidence = today.evidence
        told += [day] if today.fell else []
        past.append((hits, number))
    return told


def _falls(draw: np.random.Generator, worlds: int, before: float, after: float) -> dict[str, float]:
    waits = []
    for _ in range(worlds):
        told = [day for day in _run(draw, [before] * 40 + [after] * 30) if day >= 40]
        waits.append(told[0] - 39 if told else 31)
    return {"mean_days": float(np.mean(waits)), "days_95": float(np.quantile(waits, 0.95))}


def _numbers(draw: np.random.Generator, worlds: int, days: int, spread: float) -> dict[str, float]:
    outside = looked = 0
    for _ in range(worlds):
        past = draw.poisson(200 * np.exp(spread * draw.standard_normal(days))).tolist()
        for i in range(28, days):
            limits = limits_of_day(past[:i])
            assert limits is not None
            outside += not limits.low <= past[i] <= limits.high
            looked += 1
    return {"outside_in_1000_days": 1_000 * outside / max(1, looked)}


if __name__ == "__main__":
    main()
