"""The ledger at a million events: how fast it verifies, proves and seals, and what it finds.

Each store is measured in a process of its own: ``python -m bench.ledger STORE EVENTS TAMPERINGS``.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import nullcontext
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from bench.environment import aim, result, rounded, write
from bench.server import postgres_database

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mimawari.service.admission.models import Alert
    from mimawari.service.audit.bulk import BulkTable, Row

POSTGRES = "postgresql://postgres@127.0.0.1:5432/postgres"
GROUP = 5_000
RATE, SECONDS, SEAL_EVERY = 500, 20, 0.5


def main(quick: bool = False) -> dict[str, Any]:
    """Measure on both stores; without PostgreSQL's server this fails rather than leaves it out."""
    size = (20_000, 50) if quick else (1_000_000, 1_000)
    server = os.environ.get("MIMAWARI_TEST_POSTGRES", POSTGRES)
    measured = {}
    for store in ("sqlite", "postgresql"):
        with (
            tempfile.TemporaryDirectory() as folder,
            postgres_database(server) if store == "postgresql" else nullcontext() as url,
        ):
            env = os.environ | {
                "MIMAWARI_STATE_DIR": folder,
                "MIMAWARI_DATABASE_URL": url or f"sqlite:///{folder}/bench.db",
            }
            words = [sys.executable, "-m", "bench.ledger", *map(str, size)]
            run = subprocess.run(words, env=env, capture_output=True, text=True, check=False)
            if run.returncode:
                raise RuntimeError(run.stderr[-2_000:])
            measured[store] = json.loads(run.stdout.splitlines()[-1])
    aims = []
    for store, figures in measured.items():
        aims += [
            aim(f"Seconds to verify, {store}", 30, figures["verify_seconds"], at_most=True),
            aim(f"Slowest proof of 200, ms, {store}", 10, figures["proof_ms_worst"], at_most=True),
            aim(f"Sealing lag, s, {store}", 2, figures["lag_seconds_worst"], at_most=True),
            aim(f"Decisions/s meanwhile, {store}", 0.98 * RATE, figures["decisions_per_second"]),
            aim(f"Tamperings not found, {store}", 0, figures["not_found"], at_most=True),
        ]
    measurement = result(aims, {"events": size[0], "tamperings": size[1], **measured})
    if not quick:
        write("ledger", measurement)
    return measurement


def measure(events: int, tamperings: int) -> dict[str, float]:
    """Measure the store of the environment, which is empty."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    from bench.worlds.ledger import prepare

    alert = prepare()
    figures = {"not_found": missed(alert, tamperings), **bulk_cost()}
    figures |= filled(alert, events)
    figures |= verified() | proved() | lag(alert)
    return {name: rounded(value) for name, value in figures.items()}


def missed(alert: Alert, count: int) -> int:
    """Tamper with a log of 400 events in 20 batches; gives how often nothing was found."""
    from django.db import transaction
    from tests.stores import unsealed

    from bench.worlds.ledger import decide
    from bench.worlds.tamper import tamper
    from mimawari.ledger.checkpoint import Checkpoint
    from mimawari.service.audit import storage
    from mimawari.service.audit.keys import signing_key
    from mimawari.service.audit.sealing import seal
    from mimawari.service.audit.verify import verify

    for _ in range(20):
        with transaction.atomic():
            decide(alert, 20)
        seal()
    kept = Checkpoint.opened(storage.newest_note() or "", signing_key().verifier)
    assert verify(kept).problems == ()
    draw, unnoticed = random.Random(1), 0
    with unsealed():
        for _ in range(count):
            with transaction.atomic():
                change = tamper(draw)
                if not verify(kept).problems:
                    print(f"not found: {change}", file=sys.stderr)
                    unnoticed += 1
                transaction.set_rollback(True)
    return unnoticed


def bulk_cost(groups: int = 20) -> dict[str, float]:
    """Measure what a listing's commitment costs its writer, of what writing it costs."""
    from django.db import transaction

    from bench.worlds.ledger import drawn, scored
    from mimawari.service.audit import bulk
    from mimawari.service.intake import log
    from mimawari.service.intake.event_kinds import LISTINGS
    from mimawari.service.intake.models import ListingVersion
    from mimawari.service.scoring.event_kinds import SCORES
    from mimawari.service.scoring.models import Score

    spent = {LISTINGS.name: 0.0, SCORES.name: 0.0}
    original = bulk.commit

    def timed(table: BulkTable, rows: Sequence[Row]) -> None:
        start = time.perf_counter()
        original(table, rows)
        spent[table.name] += time.perf_counter() - start

    log.commit = timed
    whole = time.perf_counter()
    for group in range(groups):
        log.append(drawn(1_000, 10_000 + 1_000 * group))
    whole = time.perf_counter() - whole
    log.commit = original
    versions = list(ListingVersion.objects.filter(score=None).order_by("pk"))
    for at in range(0, len(versions), 1_000):
        with transaction.atomic():
            made = Score.objects.bulk_create(scored(versions[at : at + 1_000]))
            timed(SCORES, list(map(attrgetter(SCORES.key, *SCORES.columns), made)))
    listings = groups * 1_000
    return {
        "listing_commitment_us": spent[LISTINGS.name] / listings * 1e6,
        "score_commitment_us": spent[SCORES.name] / listings * 1e6,
        "listing_appended_us": whole / listings * 1e6,
    }


def filled(alert: Alert, events: int) -> dict[str, float]:
    """Write decisions with their events and seal them; gives the seconds of each."""
    from django.db import transaction

    from bench.worlds.ledger import decide
    from mimawari.service.audit.sealing import seal

    sealing = 0.0
    start = time.perf_counter()
    for _ in range(events // GROUP):
        with transaction.atomic():
            decide(alert, GROUP)
        begun = time.perf_counter()
        seal()
        sealing += time.perf_counter() - begun
    whole = time.perf_counter() - start
    return {"fill_seconds": whole - sealing, "sealed_per_second": events / sealing}


def verified() -> dict[str, float]:
    """Verify the log and the decisions, then the rows of batches alone."""
    from mimawari.service.audit.models import Event
    from mimawari.service.audit.removals import Removals
    from mimawari.service.audit.verify import verify
    from mimawari.service.audit.verify_rows import BatchCheck

    start, worked = time.perf_counter(), time.process_time()
    report = verify(batches=False)
    assert report.problems == (), report.problems[:3]
    figures = {
        "events_verified": report.events,
        "verify_seconds": time.perf_counter() - start,
        "verify_cpu_seconds": time.process_time() - worked,
    }
    batches = BatchCheck()
    for event in Event.objects.filter(kind="rows"):
        batches.add(event.pk, event.kind, event.subject, event.body)
    start = time.perf_counter()
    assert list(batches.check({}, Removals())) == []
    return figures | {"rows_verified_us": (time.perf_counter() - start) / batches.count * 1e6}


def proved(count: int = 200) -> dict[str, float]:
    """Prove events drawn by chance."""
    from mimawari.service.audit.models import Event
    from mimawari.service.audit.prove import prove

    numbers = list(Event.objects.exclude(sequence=None).values_list("pk", flat=True))
    spent = []
    for number in random.Random(2).sample(numbers, count):
        start = time.perf_counter()
        prove(number)
        spent.append((time.perf_counter() - start) * 1_000)
    return {"proof_ms": statistics.median(spent), "proof_ms_worst": max(spent)}


def lag(alert: Alert) -> dict[str, float]:
    """Decide so many times a second while another thread seals."""
    from django.db import connection

    from mimawari.service.audit.models import Event
    from mimawari.service.audit.sealing import seal_all

    done, lags, sealing = threading.Event(), [0.0], [0.0]

    def keeper() -> None:
        last = Event.objects.order_by("-pk").values_list("pk", flat=True)[0]
        while not done.wait(SEAL_EVERY):
            begun = time.perf_counter()
            seal_all()
            sealing.append(time.perf_counter() - begun)
            now = time.time()
            rows = Event.objects.filter(pk__gt=last).exclude(sequence=None).order_by("pk")
            times = list(rows.values_list("pk", "at"))
            if times:
                lags.append(now - min(at for _, at in times) / 1e6)
                last = times[-1][0]
        connection.close()

    thread = threading.Thread(target=keeper)
    thread.start()
    written = paced(alert)
    done.set()
    thread.join()
    return {
        "decisions_per_second": written,
        "lag_seconds_worst": max(lags),
        "seal_seconds_worst": max(sealing),
    }


def paced(alert: Alert) -> float:
    """Write decisions, each in a transaction of its own, at the rate; gives how many a second."""
    from django.db import connection, transaction

    from bench.worlds.ledger import decide

    writers = 1 if connection.vendor == "sqlite" else 4  # SQLite has one writer at a time
    start = time.perf_counter()

    def writer(number: int) -> None:
        for turn in range(number, RATE * SECONDS, writers):
            time.sleep(max(0.0, start + turn / RATE - time.perf_counter()))
            with transaction.atomic():
                decide(alert, 1)
        connection.close()

    threads = [threading.Thread(target=writer, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return RATE * SECONDS / (time.perf_counter() - start)


if __name__ == "__main__":
    from mimawari.service.project.setup import setup

    setup()
    print(json.dumps(measure(*map(int, sys.argv[1:]))))
