"""What a campaign may ask for: scored listings that live, and nobody was asked about."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from django.db.models import Exists, OuterRef

from mimawari.service.accounts.authority import authority_of
from mimawari.service.admission.models import Alert
from mimawari.service.intake.models import ListingVersion, State
from mimawari.service.releases.models import Generation
from mimawari.service.scoring.models import Candidate, CandidateState, Score
from mimawari.service.search.engine import the_index
from mimawari.service.search.query import Query, wanted_by

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime

    from django.db.models import QuerySet
    from numpy.typing import NDArray

    from mimawari.records.manifest import Manifest
    from mimawari.records.principal import Principal
    from mimawari.service.campaigns.plan import Plan

MOST = 100_000
"""Of the newest scores."""
MOST_FOUND = 10_000
"""Of what words find, the newest."""


class Said(msgspec.Struct, frozen=True):
    """What a seller said that conditions are about."""

    language: str | None = None
    category: tuple[str, ...] = ()


class Rows(msgspec.Struct, frozen=True):
    """Listing versions as columns of n.

    Parameters
    ----------
    numbers
        Of the versions, in the log.
    competing
        What competed for the top K; NaN: nothing was said.
    models
        What each deployment gave, shape (deployments, n), the champion first; NaN: nothing.
    days
        Ordinals of the days.
    """

    numbers: NDArray[np.int64]
    competing: NDArray[np.float64]
    models: NDArray[np.float64]
    days: NDArray[np.int64]

    def take(self, chosen: NDArray[np.int64]) -> Rows:
        """Give some of them."""
        models = self.models[:, chosen]
        return Rows(self.numbers[chosen], self.competing[chosen], models, self.days[chosen])


def pool(topic: str, plan: Plan, now: datetime, actor: Principal) -> Rows:
    """Read the newest that fit a plan's conditions, with as many queries however many they are."""
    since = now.date() - timedelta(days=plan.days - 1)
    scored = Score.objects.filter(
        day__gte=since,
        listing_version__state=State.SCORED,
        listing_version__ending__isnull=True,
    )
    scored = scored.filter(~Exists(_asked(topic)), ~Exists(_waiting(topic)))
    if plan.text:
        wanted = wanted_by(Query(text=plan.text, first_day=since), authority_of(actor))
        scored = scored.filter(pk__in=the_index().find(wanted, MOST_FOUND).ids)
    rows = read(scored, topic)
    return _fitting(rows, plan) if plan.language or plan.category else rows


def _asked(topic: str) -> QuerySet[Alert]:
    return Alert.objects.filter(listing_version=OuterRef("pk"), topic=topic)


def _waiting(topic: str) -> QuerySet[Candidate]:
    under_way = (CandidateState.WAITING, CandidateState.IN_ROUND, CandidateState.HELD)
    mine = Candidate.objects.filter(listing_version=OuterRef("pk"), topic=topic)
    return mine.filter(state__in=under_way)


def read(scored: QuerySet[Score], topic: str) -> Rows:
    """Unpack the newest of some scores for a topic; those in which it is not stay out."""
    names = ("pk", "generation_id", "day", "scores", "model_scores")
    rows = list(scored.order_by("-pk").values_list(*names)[:MOST])
    of_generation: defaultdict[int, list[tuple[int, date, bytes, bytes]]] = defaultdict(list)
    for number, generation, day, scores, model_scores in rows:
        of_generation[generation].append((number, day, scores, model_scores))
    manifests = {
        pk: row.manifest for pk, row in Generation.objects.in_bulk(list(of_generation)).items()
    }
    parts = [
        _unpacked(of, manifests[generation], topic)
        for generation, of in of_generation.items()
        if topic in manifests[generation].topics
    ]
    return _joined([part for part in parts if len(part.numbers)])


def _unpacked(rows: list[tuple[int, date, bytes, bytes]], manifest: Manifest, topic: str) -> Rows:
    n, at = len(rows), manifest.topic_order.index(topic)
    scores = np.frombuffer(b"".join(bytes(s) for _, _, s, _ in rows), "<f4").reshape(n, -1)
    models = np.frombuffer(b"".join(bytes(m) for *_, m in rows), "<f4").reshape(n, -1)
    entry = manifest.topics[topic]
    columns = [i for i, (of, _) in enumerate(manifest.columns) if of == topic]
    columns.sort(key=lambda i: manifest.columns[i][1].model != entry.champion)
    numbers = np.array([number for number, *_ in rows], np.int64)
    days = np.array([day.toordinal() for _, day, _, _ in rows], np.int64)
    return Rows(
        numbers, scores[:, at].astype(np.float64), models[:, columns].T.astype(np.float64), days
    )


def _joined(parts: list[Rows]) -> Rows:
    """Join rows of several generations; where one had fewer models, they said nothing."""
    none = np.empty(0)
    if not parts:
        return Rows(none.astype(np.int64), none, np.empty((0, 0)), none.astype(np.int64))
    most = max(len(part.models) for part in parts)
    models = [
        np.vstack((part.models, np.full((most - len(part.models), len(part.numbers)), np.nan)))
        for part in parts
    ]
    return Rows(
        np.concatenate([part.numbers for part in parts]),
        np.concatenate([part.competing for part in parts]),
        np.hstack(models),
        np.concatenate([part.days for part in parts]),
    )


def _fitting(rows: Rows, plan: Plan) -> Rows:
    """Keep what is of the language and the category."""
    payload_of = payloads(rows.numbers.tolist())
    fits = [
        at
        for at, number in enumerate(rows.numbers.tolist())
        if number in payload_of and _fits(msgspec.json.decode(payload_of[number], type=Said), plan)
    ]
    return rows.take(np.array(fits, np.int64))


def _fits(listing: Said, plan: Plan) -> bool:
    own, wanted = (listing.language or "").lower(), plan.language.lower()
    language = not wanted or own == wanted or own.startswith(f"{wanted}-")
    return language and (not plan.category or plan.category in listing.category)


def payloads(numbers: Collection[int]) -> dict[int, str]:
    """Read what was sent of some versions, between the lowest and the highest number."""
    if not numbers:
        return {}
    wanted = set(numbers)
    within = ListingVersion.objects.filter(pk__gte=min(wanted), pk__lte=max(wanted))
    rows = within.exclude(state=State.ERASED).values_list("pk", "payload")
    return {
        number: payload for number, payload in rows.iterator(chunk_size=5_000) if number in wanted
    }
