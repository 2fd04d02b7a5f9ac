"""Both models over stored listings, by the same code that serves."""

from __future__ import annotations

from heapq import merge
from itertools import groupby, islice
from operator import itemgetter
from typing import TYPE_CHECKING

import msgspec
from django.db.models import Max, Min

from mimawari.listings.batch import ListingBatch
from mimawari.service.catalogue.standings import Sparing, standings_of
from mimawari.service.history.sent_between import numbers_between, sent_between
from mimawari.service.intake.models import ListingVersion, State
from mimawari.service.intake.scored import scored_listing
from mimawari.service.media.pictures import pictures_of
from mimawari.service.platform import clock
from mimawari.service.releases.building import build_suite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from mimawari.detectors.suite import Suite
    from mimawari.service.trials.models import Trial
    from mimawari.service.trials.pool import Pool

    Row = tuple[int, str, str, str, datetime, str]

BATCH = 1_000


def suite_with(trial: Trial, model: str) -> Suite:
    """Build the suite of the trial's generation for its topic alone, with one model in place.

    Scores of a topic do not depend on the others, so they are those of serving.
    """
    manifest = trial.generation.manifest.only(trial.topic)
    entry = manifest.topics[trial.topic].with_champion(model or None)
    manifest = manifest.with_topic(
        trial.topic, msgspec.structs.replace(entry, deployments=entry.deployments[: bool(model)])
    )
    return build_suite(manifest, trial.generation_id)


def numbers_of(start: datetime, end: datetime) -> tuple[int, int]:
    """Give the versions of a stretch of time, as those after one number up to another."""
    within = ListingVersion.objects.filter(
        received_at__gte=start, received_at__lt=end, score__isnull=False
    )
    ends = within.aggregate(first=Min("id"), last=Max("id"))
    spans = [] if ends["first"] is None else [(ends["first"], ends["last"])]
    if moved := numbers_between(start, end):
        spans.append(moved)
    if not spans:
        return 0, 0
    return min(first for first, _ in spans) - 1, max(last for _, last in spans)


def replay(
    trial: Trial,
    after: int,
    until: int,
    pool_at: Callable[[datetime], Pool | None],
    progress: Callable[[int], None] | None = None,
) -> None:
    """Score versions with champion and candidate, into the pool of their time.

    Listings stream in batches: memory does not grow with their number. What would alert nobody
    now, since policy trusts or exempts the seller, is on neither model's list.

    Parameters
    ----------
    after, until
        Versions with a greater number than the first, up to the second.
    pool_at
        Gives the pool for a time of arrival; None for what does not belong.
    progress
        Told the number of listings scored so far.
    """
    suites = suite_with(trial, trial.champion), suite_with(trial, trial.candidate)
    done = 0
    for batch in _batches(after, until):
        by_pool: dict[int, tuple[Pool, list[Row]]] = {}
        for row in batch:
            pool = pool_at(row[4])
            if pool is not None:
                by_pool.setdefault(id(pool), (pool, []))[1].append(row)
        for pool, rows in by_pool.values():
            _score(trial, suites, pool, rows)
            done += len(rows)
        if progress:
            progress(done)


def _batches(after: int, until: int) -> Iterator[list[Row]]:
    """Read scored versions in the order of their numbers, from the database and closed days."""
    moved = (
        (row.number, row.listing_id, row.seller_id, row.payload, row.received_at, row.picture_text)
        for row in sent_between(after, until)
    )
    ordered = merge(_stored(after, until), moved, key=itemgetter(0))
    # What stayed in the database, or left it just now, is in both.
    rows = (next(same) for _, same in groupby(ordered, key=itemgetter(0)))
    while batch := list(islice(rows, BATCH)):
        yield batch


def _stored(after: int, until: int) -> Iterator[Row]:
    """Read what is in the database in pages: none is held open while others write."""
    names = ("id", "listing_id", "seller_id", "payload", "received_at", "score__picture_text")
    while True:
        versions = ListingVersion.objects.filter(id__gt=after, id__lte=until, score__isnull=False)
        versions = versions.exclude(state=State.ERASED)
        page: list[Row] = list(versions.order_by("id").values_list(*names)[:BATCH])
        if not page:
            return
        yield from page
        after = page[-1][0]


def _score(trial: Trial, suites: tuple[Suite, Suite], pool: Pool, rows: list[Row]) -> None:
    listings = [scored_listing(row[3], row[5]) for row in rows]
    batch = ListingBatch.of(listings, pictures=pictures_of(listings))
    champion, candidate = (suite.score(batch) for suite in suites)
    sellers = [row[2] for row in rows]
    entry = trial.generation.manifest.topics[trial.topic]
    sparing = Sparing.of(trial.topic, entry, standings_of(sellers), clock.database_now())
    pool.add(
        [row[0] for row in rows],
        [row[1] for row in rows],
        sellers,
        batch.texts.text,
        sparing.alerting(sellers, champion.score[:, 0]),
        sparing.alerting(sellers, candidate.score[:, 0]),
        candidate.model[:, 0],
    )
