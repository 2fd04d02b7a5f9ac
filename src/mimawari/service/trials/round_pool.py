"""What an experiment's round lists: candidates that were stored with both models' scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mimawari.listings.batch import ListingBatch
from mimawari.service.catalogue.standings import Sparing, Standings, standings_of
from mimawari.service.intake.scored import scored_listing
from mimawari.service.platform import clock
from mimawari.service.releases import generations
from mimawari.service.scoring.columns import model_score
from mimawari.service.scoring.models import Candidate, CandidateState, Score
from mimawari.service.trials.pool import Pool

if TYPE_CHECKING:
    from mimawari.service.trials.models import Trial

CHUNK = 1_000


def round_pool(trial: Trial, k: int) -> tuple[Pool, list[int]]:
    """Gather what waits for the trial's round; gives the pool, and the candidates it was made of.

    Scorers scored every version with both models in one pass; what neither could list is no
    candidate. A version that is written late waits for the next round: each is in one. A trusted
    seller's version is on the list of a model only where that model's score alerts.
    """
    pool, taken = Pool(k), []
    waiting = Candidate.objects.filter(topic=trial.topic, state=CandidateState.IN_ROUND)
    rows = waiting.order_by("id").values_list("id", "listing_version_id")
    numbers = list(rows)
    for start in range(0, len(numbers), CHUNK):
        part = numbers[start : start + CHUNK]
        _add(pool, trial, [version for _, version in part])
        taken += [candidate for candidate, _ in part]
    return pool, taken


def _add(pool: Pool, trial: Trial, versions: list[int]) -> None:
    scores = Score.objects.filter(listing_version_id__in=versions).order_by("listing_version_id")
    rows = list(scores.select_related("listing_version", "generation"))
    listings = [scored_listing(row.listing_version.payload, row.picture_text) for row in rows]
    champion = np.array([model_score(row, trial.topic, trial.champion) for row in rows])
    candidate = np.array([model_score(row, trial.topic, trial.candidate) for row in rows])
    sellers = [row.listing_version.seller_id for row in rows]
    sparing = _sparing(trial.topic, sellers)
    pool.add(
        [row.listing_version_id for row in rows],
        [row.listing_version.listing_id for row in rows],
        sellers,
        ListingBatch.of(listings).texts.text,
        sparing.alerting(sellers, champion),
        sparing.alerting(sellers, candidate),
        candidate,
    )


def _sparing(topic: str, sellers: list[str]) -> Sparing:
    """Give whose scores alert nobody, as admission reads it: by what is in force now."""
    entry, now = generations.entry_in_force(topic), clock.database_now()
    if entry is None:
        return Sparing(topic, Standings(), 0.0, now)
    return Sparing.of(topic, entry, standings_of(sellers), now)


def scored_up_to() -> int:
    """Give the greatest number of a version that was scored."""
    last = Score.objects.order_by("-listing_version_id").first()
    return last.listing_version_id if last else 0


def count_scored(after: int, until: int) -> int:
    """Count the scored versions with a greater number than the first, up to the second."""
    return Score.objects.filter(listing_version_id__gt=after, listing_version_id__lte=until).count()
