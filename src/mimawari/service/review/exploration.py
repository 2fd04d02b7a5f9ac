"""The exploration slice in the store: who is chosen while a batch is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from django.conf import settings

from mimawari.alerts.exploration import Volume, chances, probabilities, slice_size, temper
from mimawari.service.review.models import ScoredDay

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from numpy.typing import NDArray

# A usual day is the mean of so many days with listings before today.
USUAL_DAYS = 7


@dataclass(frozen=True, slots=True)
class Chosen:
    """A listing version chosen by chance: its score, 0 where it had none, and how likely."""

    score: float
    probability: float


def choose(
    ids: NDArray[np.int64],
    scores: Mapping[str, NDArray[np.float32]],
    floors: Mapping[str, float],
    capacity: Mapping[str, int],
    day: date,
    seconds: float = 0.0,
) -> dict[tuple[str, int], Chosen]:
    """Count a batch into its day, and choose from it; within the transaction that writes it.

    Parameters
    ----------
    ids
        Listing versions, shape (n,).
    scores
        By topic, shape (n,); NaN where nothing spoke.
    floors
        By topic, the score to beat before the batch.
    seconds
        What scoring the batch took.
    """
    today, _ = ScoredDay.objects.select_for_update().get_or_create(day=day)
    usual = list(ScoredDay.objects.filter(day__lt=day).order_by("-day")[:USUAL_DAYS])
    today.listings += len(ids)
    today.seconds += seconds
    share, secret = settings.CONFIG.exploration_share, settings.SECRET_KEY.encode()
    found = {}
    for topic, values in scores.items():
        tempered = temper(values, floors[topic])
        today.tempered[topic] = today.tempered.get(topic, 0.0) + float(tempered.sum())
        if share <= 0:
            continue
        volume = _volume(today, usual, topic)
        probability = probabilities(tempered, slice_size(capacity[topic], share), volume)
        drawn = np.flatnonzero(chances(secret, f"explore {topic}", ids) < probability)
        for at in drawn.tolist():
            score = float(np.nan_to_num(values[at]))
            found[topic, int(ids[at])] = Chosen(score, float(probability[at]))
    today.save()
    return found


def count_rules(day: date, topics: Sequence[str], rules: NDArray[np.float32]) -> None:
    """Count into a batch's day what rules hit, by topic; within the transaction that writes it.

    Parameters
    ----------
    rules
        Scores of the rules, shape (n, topics); NaN where none hit.
    """
    today, _ = ScoredDay.objects.select_for_update().get_or_create(day=day)
    for topic, hits in zip(topics, (~np.isnan(rules)).sum(axis=0).tolist(), strict=True):
        today.rule_listings[topic] = today.rule_listings.get(topic, 0) + hits
    today.save(update_fields=("rule_listings",))


def _volume(today: ScoredDay, usual: list[ScoredDay], topic: str) -> Volume:
    known = [one for one in usual if topic in one.tempered]
    listings, tempered = today.listings, today.tempered[topic]
    if not known:
        return Volume(listings, tempered)
    return Volume(
        listings,
        tempered,
        sum(one.listings for one in known) / len(known),
        sum(one.tempered[topic] for one in known) / len(known),
    )
