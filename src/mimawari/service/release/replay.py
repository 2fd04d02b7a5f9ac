"""Both models over stored listings, by the same code that serves."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from mimawari.alerts.disagreement import Lists, compare_lists
from mimawari.listings.batch import ListingBatch
from mimawari.listings.listing import Listing
from mimawari.service.intake.models import ListingVersion
from mimawari.service.ops import generations
from mimawari.service.worker import LEAST_SCORE

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from numpy.typing import NDArray

    from mimawari.detectors.suite import Suite
    from mimawari.service.release.models import Trial

    Progress = Callable[[int], None]

BATCH = 1_000


@dataclass(slots=True)
class Replayed:
    """What of a stretch could be listed by either model: columns, a row a listing version."""

    versions: list[int] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    sellers: list[str] = field(default_factory=list)
    champion: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))
    candidate: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))
    listings: int = 0
    unscored: int = 0
    spread: float = 0.0

    def lists(self, k: int) -> Lists:
        """Compare the top K, one listing a seller and list: labels must be independent."""
        return compare_lists(self.champion, self.candidate, k, self.keys, self.sellers, LEAST_SCORE)


def suite_with(trial: Trial, model: str) -> Suite:
    """Build the suite of the trial's generation for its topic alone, with one model in place."""
    manifest = copy.deepcopy(trial.generation.manifest)
    entry = {**manifest["topics"][trial.topic], "model": model or None}
    manifest["topics"] = {trial.topic: entry}
    manifest["topic_order"] = [trial.topic]
    return generations.build_suite(manifest, trial.generation_id)


def replay(
    trial: Trial,
    suites: tuple[Suite, Suite],
    start: datetime,
    end: datetime,
    progress: Progress | None = None,
) -> Replayed:
    """Score what arrived in a stretch with champion and candidate.

    Listings stream in batches; only rows that could be listed are kept. ``unscored`` counts
    those on which the candidate gave nothing that is a probability, ``spread`` is the
    difference of its highest and lowest score.
    """
    found, kept = Replayed(), []
    low, high = np.inf, -np.inf
    stored = ListingVersion.objects.filter(
        received_at__gte=start, received_at__lt=end, score__isnull=False
    ).order_by("id")
    names = ("id", "listing_id", "seller_id", "payload")
    batch: list[tuple[int, str, str, str]] = []

    def flush() -> None:
        nonlocal low, high
        listings = [msgspec.json.decode(row[3], type=Listing) for row in batch]
        texts = ListingBatch.of(listings)
        columns = [suite.score(texts) for suite in suites]
        champion, candidate = (one.score[:, 0] for one in columns)
        own = columns[1].model[:, 0]
        found.listings += len(batch)
        found.unscored += int(np.isnan(own).sum())
        if not np.isnan(own).all():
            low, high = min(low, float(np.nanmin(own))), max(high, float(np.nanmax(own)))
        rows = np.flatnonzero(np.fmax(champion, candidate) >= LEAST_SCORE)
        for row in rows.tolist():
            found.versions.append(batch[row][0])
            found.keys.append(batch[row][1])
            found.sellers.append(batch[row][2])
        kept.append(np.stack([champion[rows], candidate[rows]]))
        if progress:
            progress(len(batch))
        batch.clear()

    for row in stored.values_list(*names).iterator(chunk_size=BATCH):
        batch.append(row)
        if len(batch) == BATCH:
            flush()
    if batch:
        flush()
    if kept:
        found.champion, found.candidate = np.concatenate(kept, axis=1)
    found.spread = float(high - low) if np.isfinite(high - low) else 0.0
    return found
