"""Whether the probabilities of the model in force hold, and how they are shown."""

from __future__ import annotations

import bisect
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
from django.utils import timezone

from mimawari.evaluation.recalibration import NONE, Correction
from mimawari.evaluation.trust import Met, Trusted, assess
from mimawari.service.catalogue.models import ModelVersion
from mimawari.service.intake.models import ListingVersion
from mimawari.service.monitoring.models import RecordedCorrection
from mimawari.service.releases import generations
from mimawari.service.releases.models import Generation
from mimawari.service.review.cases import Case, cases
from mimawari.service.scoring.columns import competing_score
from mimawari.service.scoring.models import PackedScores, Score

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mimawari.evaluation.bootstrap import Interval

EVERY, LONGEST = timedelta(days=1), timedelta(days=365)
CHUNK = 20_000  # identifiers a query: SQLite allows 32,766


def trusted(topic: str, start: datetime, prevalence: Interval) -> Trusted:
    """Hold the probabilities of a topic's champion against all labels it met, a year at most.

    Parameters
    ----------
    start
        Labels from then on make the correction.
    prevalence
        Of the days since the start.
    """
    newest = generations.serving()
    entry = newest.manifest.topics.get(topic) if newest else None
    model = entry.champion if entry else None
    row = ModelVersion.objects.filter(pk=model).first() if model else None
    if model is None or row is None:
        return Trusted()
    since = max(row.created_at, timezone.now() - LONGEST)
    judged = sorted(cases(topic, since), key=lambda case: case.stands[0].number)
    scores = _scores(topic, model, [case.version for case in judged if case.label >= 0])
    met = [case for case in judged if case.version in scores]
    own = np.array([scores[case.version] for case in met], np.float64)
    # Labels of the store were chosen by an earlier score: their share is of no market.
    fair = "labels_until" not in row.lineage
    return assess(
        model,
        Met(
            own,
            _shown(topic, model, met, own),
            np.array([case.label for case in met], np.int8),
            np.array([_probability(case) for case in met], np.float64),
            _sellers([case.version for case in met]),
            np.array([case.stands[0].at >= start for case in met], np.bool_),
        ),
        row.lineage.get("prevalence") if fair else None,
        prevalence,
    )


def record(topic: str, measured: Trusted, at: datetime) -> None:
    """Put a correction in force: from then on, probabilities are shown by it; once a day."""
    if measured.model is None or not measured.labels:
        return
    last = RecordedCorrection.objects.filter(topic=topic).order_by("-at").first()
    if last is None or last.model != measured.model or last.at <= at - EVERY:
        correction = measured.correction
        RecordedCorrection.objects.create(
            topic=topic,
            model=measured.model,
            at=at,
            intercept=correction.intercept,
            slope=correction.slope,
        )


def shown_score(row: PackedScores, topic: str, score: float) -> float:
    """Give a listing's probability as it is shown; ``score`` where it is not the model's own."""
    last = RecordedCorrection.objects.filter(topic=topic).order_by("-at").first()
    if last is None or np.isnan(competing_score(row, topic, last.model)):
        return score
    return float(Correction(last.intercept, last.slope).apply(np.array([score]))[0])


def _scores(topic: str, model: str, versions: Sequence[int]) -> dict[int, float]:
    """Give a model's own scores of versions, where they competed."""
    made = {
        generation.number: generation
        for generation in Generation.objects.all()
        if topic in generation.manifest.topics
        and generation.manifest.topics[topic].champion == model
    }
    scores = {}
    for chunk in _chunks(versions):
        for row in Score.objects.filter(listing_version_id__in=chunk, generation_id__in=made):
            row.generation = made[row.generation_id]
            score = competing_score(row, topic, model)
            if not np.isnan(score):
                scores[row.listing_version_id] = score
    return scores


def _sellers(versions: Sequence[int]) -> list[str]:
    """Give the seller of each version, in order."""
    sellers: dict[int, str] = {}
    for chunk in _chunks(versions):
        known = ListingVersion.objects.filter(pk__in=chunk)
        sellers |= dict(known.values_list("pk", "seller_id"))
    return [sellers[version] for version in versions]


def _shown(
    topic: str, model: str, met: Sequence[Case], own: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Correct each score as it was shown before its label."""
    rows = list(RecordedCorrection.objects.filter(topic=topic, model=model).order_by("at"))
    times = [row.at for row in rows]
    shown = own.copy()
    for i, case in enumerate(met):
        before = bisect.bisect_left(times, case.stands[0].at) - 1
        made = Correction(rows[before].intercept, rows[before].slope) if before >= 0 else NONE
        shown[i] = made.apply(own[i : i + 1])[0]
    return shown


def _probability(case: Case) -> float:
    """Give the probability with which a case was reviewed: 1 on the list."""
    chances = [judgement.probability for judgement in case.stands]
    return 1.0 if case.listed else next((c for c in chances if c is not None), 1.0)


def _chunks(versions: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(versions), CHUNK):
        yield versions[start : start + CHUNK]
