"""Open alerts of sellers whom policy has since trusted or exempted: they are closed.

What is open for its score alone would not be alerted now, and would take the place of what is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Exists, OuterRef, Q

from mimawari.records.standing import Standing
from mimawari.service.admission.event_kinds import record_spared
from mimawari.service.admission.models import LISTED, Alert, AlertState, Purpose
from mimawari.service.catalogue.models import SellerStanding
from mimawari.service.catalogue.standings import ALL, Sparing, standings_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from django.db.models import QuerySet

    from mimawari.records.manifest import TopicEntry


SPARING = Q(standing__in=(Standing.TRUSTED.value, Standing.EXEMPT.value)) & ~Q(seller_id="")
"""What was recorded of sellers that may spare them; it may be over, or cleared since."""


class Spared(NamedTuple):
    """An open alert that policy spares now, and by which standing of its seller."""

    alert: int
    topic: str
    day: date
    standing: Standing


def spared_lists(topics: Mapping[str, TopicEntry], now: datetime) -> set[tuple[str, date]]:
    """Give the lists, by topic and day, that hold what policy spares now."""
    return {(spared.topic, spared.day) for spared in _spared(_free(now), topics, now)}


def close_spared(topic: str, entry: TopicEntry, now: datetime) -> list[int]:
    """Close what policy spares now, with an event; what chance chose stays, for exploration alone.

    What a moderator holds stays theirs: somebody looks at it.
    """
    spared = _spared(_free(now).filter(topic=topic), {topic: entry}, now)
    standings = {alert.alert: alert.standing for alert in spared}
    if not standings:
        return []
    waiting = Alert.objects.filter(_unheld(now), pk__in=standings, state=AlertState.OPEN)
    waiting.exclude(probability=None).update(purpose=Purpose.EXPLORATION)
    # Locked: what is leased or decided at this moment is not closed.
    rows = waiting.filter(probability=None).order_by("pk").select_for_update()
    closed = list(rows)
    if closed:
        Alert.objects.filter(pk__in=[alert.pk for alert in closed]).update(state=AlertState.SPARED)
        record_spared((alert, standings[alert.pk]) for alert in closed)
    return [alert.pk for alert in closed]


def _unheld(now: datetime) -> Q:
    return Q(leased_until=None) | Q(leased_until__lte=now)


def _free(now: datetime) -> QuerySet[Alert]:
    """Give the alerts of lists that nobody holds, of sellers of whom policy says something."""
    recorded = SellerStanding.objects.filter(
        Q(topic=ALL) | Q(topic=OuterRef("topic")),
        SPARING,
        seller_id=OuterRef("listing_version__seller_id"),
    )
    listed = Alert.objects.filter(_unheld(now), state=AlertState.OPEN, purpose__in=LISTED)
    return listed.filter(Exists(recorded))


def _spared(
    alerts: QuerySet[Alert], topics: Mapping[str, TopicEntry], now: datetime
) -> list[Spared]:
    """Give those of the alerts that would not be opened for their score now."""
    if not SellerStanding.objects.filter(SPARING).exists():  # open alerts need no reading then
        return []
    columns = ("pk", "topic", "day", "listing_version__seller_id", "score")
    rows = [row for row in alerts.values_list(*columns) if row[1] in topics]
    standings = standings_of([seller for *_, seller, _ in rows])
    by_topic = {
        topic: Sparing.of(topic, topics[topic], standings, now)
        for topic in {topic for _, topic, *_ in rows}
    }
    spared = []
    for number, topic, day, seller, score in rows:
        standing = by_topic[topic].by_standing(seller, score)
        if standing is not None:
            spared.append(Spared(number, topic, day, standing))
    return spared
