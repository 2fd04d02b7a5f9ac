"""The sources of a campaign: each gives an order of what may be asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np
from django.db.models import Exists, OuterRef

from mimawari.alerts.selection.disagreement import divergence
from mimawari.alerts.selection.pool import Pool
from mimawari.alerts.selection.sources import against_model, rank_difference
from mimawari.alerts.selection.uncertainty import closeness
from mimawari.listings.duplicates.shingles import digests
from mimawari.listings.duplicates.texts import TextIndex
from mimawari.listings.listing import Listing
from mimawari.listings.normalise import canonical
from mimawari.service.admission.models import Alert, Purpose
from mimawari.service.campaigns.plan import Source
from mimawari.service.campaigns.pool import payloads, read
from mimawari.service.intake.models import State
from mimawari.service.review.models import Decision, Verdict
from mimawari.service.scoring.models import KnownViolation, Score

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from mimawari.service.campaigns.pool import Rows

    Floats = NDArray[np.float64]

LEAST_SIMILARITY = 0.4
"""Of texts' pieces: what is nearer than .8 is recognised as a relisting when it is scored."""
MOST_COMPARED, MOST_KNOWN, MOST_DECIDED = 5_000, 2_000, 5_000
CERTAIN = 0.5
"""How far a model must be from a verdict to ask another moderator."""


def orders_of(
    sources: Sequence[Source], topic: str, capacity: int, rows: Rows
) -> dict[str, Floats]:
    """Give the order of each source but that of moderators, greatest first, shape (n,) each."""
    orders: dict[str, Floats] = {}
    for source in sources:
        if source == Source.UNCERTAIN:
            orders[source.value] = _uncertain(rows, capacity)
        elif source == Source.MODELS:
            orders[source.value] = _positive(divergence(rows.models))
        elif source == Source.SHADOWS:
            orders[source.value] = _positive(rank_difference(rows.models, rows.days))
        elif source == Source.NEAR_VIOLATIONS:
            orders[source.value] = near_violations(rows, topic)
        elif source == Source.RANDOM:
            orders[source.value] = np.zeros(len(rows.numbers))
    return orders


def pool_of(rows: Rows, capacity: int | None = None) -> Pool:
    """Give rows as a pool: what competed for the list is the score."""
    ids = [str(number) for number in rows.numbers.tolist()]
    return Pool(ids, np.zeros(len(ids), bool), rows.competing[None], None, capacity)


def _uncertain(rows: Rows, capacity: int) -> Floats:
    """Order by nearness to where the list of so many days is cut."""
    days = max(1, len(np.unique(rows.days)))
    return closeness(pool_of(rows, max(1, capacity * days)))


def _positive(values: Floats) -> Floats:
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(values > 0, values, np.nan))


def near_violations(rows: Rows, topic: str) -> Floats:
    """Order the newest rows by how much of their text is that of a violation that stands."""
    known = KnownViolation.objects.filter(topic=topic, withdrawn=False).exclude(digest=None)
    index = TextIndex()
    for place, digest in enumerate(
        known.order_by("-changed_at").values_list("digest", flat=True)[:MOST_KNOWN]
    ):
        index.add(place, np.frombuffer(bytes(digest or b""), "<u4"))
    newest = np.argsort(-rows.numbers)[:MOST_COMPARED]
    sent = payloads(rows.numbers[newest].tolist())
    likeness = np.full(len(rows.numbers), np.nan)
    texts = {
        at: canonical(msgspec.json.decode(sent[number], type=Listing).text)
        for at, number in zip(newest.tolist(), rows.numbers[newest].tolist(), strict=True)
        if number in sent
    }
    worded = {at: text for at, text in texts.items() if text}
    for at, sketch in zip(worded, digests(list(worded.values())), strict=True):
        if near := index.near(sketch, LEAST_SIMILARITY):
            likeness[at] = max(near.values())
    return likeness


class Doubted(msgspec.Struct, frozen=True):
    """A case whose moderator and model do not agree: another moderator is asked."""

    number: int
    score: float
    moderator: int
    distance: float


def doubted(topic: str, since: datetime, most: int) -> list[Doubted]:
    """Give the cases with one clear verdict that is far from the model, the furthest first.

    What two moderators judged, or was asked for before, is settled.
    """
    again = Alert.objects.filter(
        listing_version=OuterRef("alert__listing_version"),
        topic=topic,
        purpose__in=(Purpose.SECOND, Purpose.CAMPAIGN, Purpose.TRIAL),
    )
    clear = {Verdict.VIOLATES.value: 1.0, Verdict.DOES_NOT_VIOLATE.value: 0.0}
    decided = Decision.objects.filter(
        alert__topic=topic,
        alert__listing_version__state=State.SCORED,
        alert__listing_version__ending__isnull=True,
        decided_at__gte=since,
        replaced_by=None,
        verdict__in=clear,
    ).exclude(alert__purpose=Purpose.GOLDEN)
    names = ("alert__listing_version_id", "moderator_id", "verdict")
    newest = decided.filter(~Exists(again)).order_by("-pk").values_list(*names)[:MOST_DECIDED]
    by_version = {number: (who, clear[verdict]) for number, who, verdict in newest}
    rows = read(Score.objects.filter(pk__in=list(by_version)), topic)
    if not len(rows.numbers) or not len(rows.models):
        return []
    labels = np.array([by_version[number][1] for number in rows.numbers.tolist()])
    distance = against_model(rows.models[0], labels)
    far = [at for at in np.argsort(-np.nan_to_num(distance)) if distance[at] >= CERTAIN]
    return [
        Doubted(
            int(rows.numbers[at]),
            float(np.nan_to_num(rows.competing[at])),
            by_version[int(rows.numbers[at])][0],
            float(distance[at]),
        )
        for at in far[:most]
    ]
