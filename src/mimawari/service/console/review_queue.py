"""What waits behind the item on the screen: how much, and what comes next."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
from django.db.models import Count, Q
from django.utils import timezone

from mimawari.listings.listing import Listing
from mimawari.service.accounts.permissions import Permission
from mimawari.service.admission.lists import GONE
from mimawari.service.admission.models import Alert, AlertState, Purpose
from mimawari.service.console.chips import Chip, chip
from mimawari.service.console.texts import in_language, percent
from mimawari.service.console.topic_titles import titles_in_force
from mimawari.service.media.models import Snapshot, SnapshotState
from mimawari.service.releases.in_force import files_in_force
from mimawari.service.review.models import Decision, Verdict
from mimawari.service.scoring.columns import scores_by_topic
from mimawari.service.scoring.measured import unmeasured
from mimawari.service.trials.blind_topics import blind_topics

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.db.models import QuerySet
    from django.http import HttpRequest

    from mimawari.service.accounts.permissions import Authority

MOST_NEXT = 8
_COUNTED_ON = "decided_on"


class Upcoming(msgspec.Struct, frozen=True):
    """A row of the rail: what comes after the item on the screen.

    ``picture`` is the hash of the first one that is kept; empty where there is none.
    """

    alert_id: int
    title: str
    topic_name: str
    picture: str
    sensitive: bool
    chip: Chip
    received_at: datetime


class TopicChoice(msgspec.Struct, frozen=True):
    """A topic that may be switched to, and how much of it waits."""

    topic: str
    name: str
    open: int


def waiting(authority: Authority, topic: str, escalated: bool) -> QuerySet[Alert]:
    """Give what a principal may be given of a topic, or of all where none is named."""
    rows = Alert.objects.filter(state=AlertState.ESCALATED if escalated else AlertState.OPEN)
    if escalated and not authority.may(Permission.ESCALATED):
        return rows.none()
    if topic:
        rows = rows.filter(topic=topic)
    if authority.topics is not None:
        rows = rows.filter(topic__in=authority.topics)
    return rows


def upcoming(
    authority: Authority, topic: str, escalated: bool, without: Collection[int]
) -> list[Upcoming]:
    """Give what comes next to a moderator, as far as it can be told before it is leased.

    Not what others hold, nor what is for others; golden items are not told of.

    Parameters
    ----------
    without
        What is on the screen, decided, or put off.
    """
    me, now = int(authority.principal.id), timezone.now()
    free = Q(leased_until=None) | Q(leased_until__lte=now) | Q(leased_by_id=me)
    rows = waiting(authority, topic, escalated).filter(free).exclude(not_for_id=me)
    rows = rows.exclude(purpose=Purpose.GOLDEN).exclude(pk__in=list(without))
    rows = rows if escalated else rows.exclude(GONE)
    rows = rows.select_related("listing_version__score__generation", "rescore__generation")
    listed = list(rows.order_by("-priority", "id")[:MOST_NEXT])
    kept = Snapshot.objects.filter(
        listing_version__in=[row.listing_version_id for row in listed], state=SnapshotState.KEPT
    )
    names = kept.order_by("-position").values_list("listing_version_id", "picture_id")
    pictures = {version: sha256 for version, sha256 in names if sha256}
    files, blind = files_in_force(), blind_topics()
    return [
        Upcoming(
            alert_id=row.pk,
            title=msgspec.json.decode(row.listing_version.payload, type=Listing).heading,
            topic_name=in_language(files[row.topic].title) if row.topic in files else row.topic,
            picture=pictures.get(row.listing_version_id, ""),
            sensitive=row.topic not in files or files[row.topic].sensitive,
            chip=_chip(row, row.topic in blind),
            received_at=row.listing_version.received_at,
        )
        for row in listed
    ]


def _chip(alert: Alert, blind: bool) -> Chip:
    score = alert.scored
    stored = scores_by_topic(score).get(alert.topic)
    if stored is None:
        return chip(percent(alert.score), False, blind)
    prior = unmeasured(stored, score.generation.manifest)
    by_model = stored.model_score == stored.score
    return chip("" if prior else percent(alert.score), by_model, blind)


def topic_choices(authority: Authority) -> list[TopicChoice]:
    """Give the topics that a principal reviews, the fullest first."""
    counted = waiting(authority, "", False).order_by().values_list("topic")
    open_by_topic = dict(counted.annotate(Count("pk")))
    rows = [
        TopicChoice(topic, name, open_by_topic.get(topic, 0))
        for topic, name in titles_in_force().items()
        if authority.concerns(topic)
    ]
    return sorted(rows, key=lambda row: (-row.open, row.name))


def decided_today(request: HttpRequest) -> int:
    """Count what the account decided today (UTC); asked of the store once a log-in and day."""
    if request.session.get(_COUNTED_ON) != _today().isoformat():
        mine = Decision.objects.filter(moderator_id=request.user.pk, decided_at__gte=_today())
        standing = mine.filter(replaced_by=None).exclude(verdict=Verdict.UNDONE)
        request.session[_COUNTED_ON] = _today().isoformat()
        request.session["decided"] = standing.count()
    return int(request.session.get("decided", 0))


def count_decided(request: HttpRequest, change: int) -> None:
    """Count decisions that were just saved, or taken back."""
    if request.session.get(_COUNTED_ON) == _today().isoformat():
        request.session["decided"] = max(0, request.session.get("decided", 0) + change)
    else:
        decided_today(request)  # as the store says, which has them


def _today() -> datetime:
    return timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
