"""Days for the bench of history: made up as files, or scored as a store does; Django is set up."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np
from django.db import transaction

from bench.acting import BENCH
from mimawari.datasets.history.rows import ScoredVersion, SentVersion
from mimawari.datasets.history.writing import DayWriter
from mimawari.records.deployment import Deployment, Slot
from mimawari.records.manifest import Manifest
from mimawari.service.admission.admitter import Admitter
from mimawari.service.audit.sealing import seal_all
from mimawari.service.history.days import NAMES
from mimawari.service.history.editions import keep, note, write_edition
from mimawari.service.history.models import Cause, ClosedDay
from mimawari.service.intake import log
from mimawari.service.platform import clock
from mimawari.service.releases.activating import activate_topic_files
from mimawari.service.releases.generations import current
from mimawari.service.releases.models import Generation
from mimawari.service.scoring.scorer import Scorer
from mimawari.simulation.marketplace import synthetic_listings

START = datetime(2026, 1, 1, tzinfo=UTC)
TOPICS_SCORED = 20
PAGE, DISTINCT, CHARACTERS = 5_000, 20_000, 300
RULES = """
topic = "{topic}"
severity = "high"
capacity = 50
[title]
en = "{topic}"
[policy]
en = "Nothing of the kind."
[[rules]]
id = "word"
when = {{ words = ["{topic}"] }}
[rules.examples]
match = ["{topic}"]
no_match = ["a cup"]
"""


@dataclass
class Written:
    """What was written: CPU seconds, bytes by file, and some of the listings."""

    seconds: float = 0.0
    bytes: Counter[str] = field(default_factory=Counter)
    sent_bytes: int = 0
    listings: list[str] = field(default_factory=list)


def write_days(versions: int, days: int, topics: int) -> Written:
    """Write versions evenly over days, as days whose rows left the database.

    A listing in ten has a second version on a later day.
    """
    generation = _generation(topics)
    drawn = synthetic_listings(DISTINCT, 1, topics, CHARACTERS)
    payloads = [msgspec.json.encode(listing).decode() for listing, _ in drawn]
    written, a_day = Written(), versions // days
    for number in range(days):
        with tempfile.TemporaryDirectory() as place:
            _write(Path(place) / "work" / "day", number, a_day, generation, payloads, written)
    return written


def _put_in_force(topics: int) -> None:
    """Put topics with a rule each in force."""
    with tempfile.TemporaryDirectory() as place:
        paths = [Path(place) / f"topic_{i:03d}.toml" for i in range(topics)]
        for path in paths:
            path.write_text(RULES.format(topic=path.stem), "utf-8")
        activate_topic_files(paths, BENCH, "bench")


def _generation(topics: int) -> Generation:
    """Give a generation of topics with a model each that is only a name."""
    _put_in_force(topics)
    manifest: Manifest = current().manifest  # type: ignore[union-attr]
    entries = {
        topic: msgspec.structs.replace(
            entry,
            deployments=(Deployment(model=f"{topic}-0123456789ab", slot=Slot.CHAMPION),),
        )
        for topic, entry in manifest.topics.items()
    }
    return Generation.objects.create(
        manifest=msgspec.structs.replace(manifest, topics=entries),
        created_at=START,
        actor="bench",
        reason="bench",
    )


def _write(
    folder: Path,
    number: int,
    count: int,
    generation: Generation,
    payloads: list[str],
    written: Written,
) -> None:
    manifest, random = generation.manifest, np.random.default_rng(number)
    day = START + timedelta(days=number)
    folder.parent.mkdir()
    with DayWriter(folder, {generation.pk: manifest}, ()) as writer:
        for first in range(0, count, PAGE):
            scored, sent = _page(random, manifest, generation.pk, day, number * count + first,
                                 min(PAGE, count - first), payloads)  # fmt: skip
            written.sent_bytes += sum(len(row.payload) for row in sent)
            written.listings += [row.listing_id for row in scored[:: max(1, PAGE // 50)]]
            began = time.process_time()
            writer.add(scored, sent)
            written.seconds += time.process_time() - began
            last = scored[-1]
        began = time.process_time()
    written.seconds += time.process_time() - began
    row = ClosedDay(
        day=day.date(),
        edition=1,
        cause=Cause.CLOSED,
        versions=count,
        bytes=0,
        first_number=number * count + 1,
        last_number=last.number,
        first_received=day,
        last_received=last.received_at,
    )
    for kind, name in NAMES.items():
        written.bytes[kind] += (folder / name).stat().st_size
        row.bytes += (folder / name).stat().st_size
        setattr(row, kind, keep(row.day, kind, folder / name))
    with transaction.atomic():
        write_edition(row, BENCH, "bench")
    note(row.day, Cause.MOVING, BENCH, "bench")


def _page(
    random: np.random.Generator,
    manifest: Manifest,
    generation: int,
    day: datetime,
    before: int,
    count: int,
    payloads: list[str],
) -> tuple[list[ScoredVersion], list[SentVersion]]:
    topics = len(manifest.topic_order)
    scores = (1 / (1 + np.exp(-random.normal(-5, 2, (count, topics))))).astype("<f4")
    refined = np.packbits(random.random((count, topics)) < 0.1, axis=1, bitorder="little")
    alerted = random.random(count) < 0.001 * topics
    names = random.integers(0, 10_000_000, count)
    chosen = random.integers(0, len(payloads), count)
    nothing = np.full(topics, np.nan, "<f4").tobytes()
    scored, sent = [], []
    for i in range(count):
        at = day + timedelta(microseconds=17_000 * (before % 1_000_000 + i))
        packed = scores[i].tobytes()
        listing, number = f"m{names[i]:09d}", before + i + 1
        scored.append(
            ScoredVersion(
                number=number,
                listing_id=listing,
                version=number,
                received_at=at,
                generation=generation,
                day=day.date(),
                scored_at=at,
                scores=packed,
                rule_scores=nothing,
                model_scores=packed,
                refined=refined[i].tobytes(),
                alerted=(manifest.topic_order[i % topics],) if alerted[i] else (),
            )
        )
        sent.append(
            SentVersion(
                number=number,
                listing_id=listing,
                version=number,
                seller_id=f"s{names[i] % 200_000}",
                received_at=at,
                payload=payloads[chosen[i]],
                rule_hits=[],
                picture_text="",
            )
        )
    return scored, sent


def score_days(versions: int, days: int = 4) -> None:
    """Take in listings on some days of the past, and score them by rules."""
    _put_in_force(TOPICS_SCORED)
    today = clock.database_now
    listings = [one for one, _ in synthetic_listings(versions, 2, TOPICS_SCORED, CHARACTERS)]
    scorer, a_day = Scorer(256), versions // days
    for number in range(days):
        now = START + timedelta(days=number, hours=12)
        clock.database_now = lambda now=now: now  # type: ignore[misc]
        for first in range(number * a_day, (number + 1) * a_day, PAGE):
            log.append(listings[first : min(first + PAGE, (number + 1) * a_day)])
        while scorer.score_batch():
            pass
        while Admitter().turn():
            pass
    clock.database_now = today
    seal_all()
