"""The last listings through a model and the one in force: how their lists differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mimawari.alerts.floors import LEAST_SCORE
from mimawari.evaluation.precision import ranking
from mimawari.listings.batch import ListingBatch
from mimawari.records.measured import Figure
from mimawari.service.intake.models import ListingVersion, State
from mimawari.service.intake.scored import scored_listing
from mimawari.service.media.pictures import pictures_of
from mimawari.service.releases import generations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from numpy.typing import NDArray

    from mimawari.detectors.base import Detector
    from mimawari.listings.listing import Listing
    from mimawari.records.manifest import Manifest

MOST = 20_000
BATCH = 1_000
SECONDS_A_DAY = 86_400.0


@dataclass(frozen=True, eq=False)
class Replay:
    """The last listings as two detectors score them; scores have shape (n,).

    Parameters
    ----------
    keys
        Listing and version of each.
    served
        What the model in force gave, or the rules where there is none.
    k
        Alerts that the topic's capacity gives over as many days.
    """

    keys: list[str]
    model: NDArray[np.float64]
    served: NDArray[np.float64]
    k: int


def in_force(manifest: Manifest, topic: str) -> Detector:
    """Load what serves a topic: its champion, or its rules where there is none."""
    champion = manifest.topics[topic].champion
    if champion:
        return generations.load_model(champion)
    return generations.build_rules(manifest.only(topic))


def replay(
    model: Detector,
    served: Detector,
    capacity: int,
    progress: Callable[[str, int, int], None],
    most: int = MOST,
) -> Replay | None:
    """Score the last listings by a model and by what is in force; None without listings.

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
    return Replay(keys, np.array(scores[0]), np.array(scores[1]), k)


def alert_overlap(last: Replay, against: str) -> Figure:
    """Give the share of the K best that both agree on."""
    best = [set(ranking(of, last.keys)[: last.k].tolist()) for of in (last.model, last.served)]
    return Figure(
        measure="alert_overlap",
        value=len(best[0] & best[1]) / last.k,
        over=len(last.keys),
        against=against,
        statement=f"{len(best[0] & best[1])} of {last.k} alerts on the last "
        f"{len(last.keys):,} listings",
    )


def threshold(scores: NDArray[np.float64], k: int) -> float:
    """Give the lowest score among the K best: from there on a detector alerts.

    Examples
    --------
    >>> threshold(np.array([0.9, np.nan, 0.2, 0.4]), 2)
    0.4
    >>> threshold(np.array([0.0, np.nan]), 1) == LEAST_SCORE
    True
    """
    known = np.sort(scores[~np.isnan(scores)])[::-1]
    lowest = float(known[min(k, len(known)) - 1]) if len(known) else 0.0
    return max(lowest, LEAST_SCORE)


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
