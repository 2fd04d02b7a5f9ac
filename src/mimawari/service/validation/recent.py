"""The last listings through a model and the one in force: how far their lists are the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mimawari.evaluation.precision import ranking
from mimawari.listings.batch import ListingBatch
from mimawari.records.measured import Figure
from mimawari.service.intake.models import ListingVersion, State
from mimawari.service.intake.scored import scored_listing
from mimawari.service.media.pictures import pictures_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from mimawari.detectors.base import Detector
    from mimawari.listings.listing import Listing

MOST = 20_000
BATCH = 1_000
SECONDS_A_DAY = 86_400.0


def alert_overlap(
    model: Detector,
    served: Detector,
    against: str,
    capacity: int,
    progress: Callable[[str, int, int], None],
    most: int = MOST,
) -> Figure | None:
    """Give the share of the K best that both agree on; None without listings.

    Parameters
    ----------
    served
        The model in force, or the rules where there is none.
    capacity
        Alerts a day: K is that of the days the listings span.
    """
    keys: list[str] = []
    scores: tuple[list[float], list[float]] = ([], [])
    times = []
    for rows in _batches(most):
        listings = [listing for listing, _ in rows]
        batch = ListingBatch.of(listings, pictures=pictures_of(listings))
        for column, detector in zip(scores, (model, served), strict=True):
            column.extend(detector.score(batch)[:, 0].tolist())
        keys += [f"{listing.id} {listing.version}" for listing in listings]
        times += [at for _, at in rows]
        progress("replaying the last listings", len(keys), most)
    if not keys:
        return None
    days = max(1.0, (max(times) - min(times)).total_seconds() / SECONDS_A_DAY)
    k = max(1, min(round(capacity * days), len(keys) // 2))
    best = [set(ranking(np.array(column), keys)[:k].tolist()) for column in scores]
    overlap = len(best[0] & best[1]) / k
    return Figure(
        measure="alert_overlap",
        value=overlap,
        over=len(keys),
        against=against,
        statement=f"{len(best[0] & best[1])} of {k} alerts on the last {len(keys):,} listings",
    )


def _batches(most: int) -> Iterator[list[tuple[Listing, datetime]]]:
    """Read the newest scored versions, newest first, in pages by number."""
    names = ("id", "payload", "received_at", "score__picture_text")
    versions = ListingVersion.objects.filter(score__isnull=False).exclude(state=State.ERASED)
    before, left = None, most
    while left > 0:
        page = versions if before is None else versions.filter(id__lt=before)
        rows = list(page.order_by("-id").values_list(*names)[: min(BATCH, left)])
        if not rows:
            return
        yield [(scored_listing(row[1], row[3]), row[2]) for row in rows]
        before, left = rows[-1][0], left - len(rows)
