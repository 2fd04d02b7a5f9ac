"""Rows of the console's tables: today's topics, and what happened to a listing."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
from django.db.models import Count, Min
from django.utils import timezone
from django.utils.translation import gettext as _

from mimawari.listings.listing import Listing
from mimawari.service.accounts.permissions import Permission
from mimawari.service.admission.models import WAITING, Alert, AlertState
from mimawari.service.catalogue.topic_files import topic_files
from mimawari.service.console.item import in_language, topic_names, verdict_text
from mimawari.service.intake.models import ListingVersion, State
from mimawari.service.releases import generations
from mimawari.service.scoring.columns import scores_by_topic
from mimawari.service.trials.blind_topics import blind_topics

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mimawari.service.accounts.permissions import Authority


MOST_VERSIONS = 50


class TopicToday(msgspec.Struct, frozen=True):
    """A topic in force: what waits, since when, and how much of today's capacity is used."""

    topic: str
    name: str
    open: int
    used: int
    capacity: int
    percent: int
    oldest: datetime | None


class Happening(msgspec.Struct, frozen=True):
    """One thing that happened to a version of a listing, in words."""

    at: datetime
    kind: str
    topic_name: str
    details: str


class VersionEvents(msgspec.Struct, frozen=True):
    """A version of a listing with its events in order."""

    number: int
    received_at: datetime
    title: str
    erased: bool
    events: list[Happening]


def topics_today() -> list[TopicToday]:
    """Give each topic in force with its open alerts and the capacity used today."""
    newest = generations.serving()
    if newest is None:
        return []
    waiting = Alert.objects.filter(state=AlertState.OPEN).order_by().values_list("topic")
    opened = {topic: row for topic, *row in waiting.annotate(Count("pk"), Min("created_at"))}
    decided = Alert.objects.filter(state=AlertState.DECIDED, day=timezone.now().date())
    used = dict(decided.order_by().values_list("topic").annotate(Count("pk")))
    entries = newest.manifest.topics
    files = topic_files((topic, entry.topic_file) for topic, entry in entries.items())
    rows = []
    for topic, entry in entries.items():
        number, oldest = opened.get(topic, (0, None))
        capacity = entry.capacity
        rows.append(
            TopicToday(
                topic=topic,
                name=in_language(files[topic, entry.topic_file].title),
                open=number,
                used=used.get(topic, 0),
                capacity=capacity,
                percent=min(100, round(100 * used.get(topic, 0) / capacity)),
                oldest=oldest,
            )
        )
    return sorted(rows, key=lambda row: (-row.open, row.name))


def events(listing_id: str, authority: Authority, before: int | None = None) -> list[VersionEvents]:
    """Give a listing's newest versions, at most `MOST_VERSIONS`, each with its events in order.

    Parameters
    ----------
    authority
        Of who looks: other topics than theirs are left out. Where they may not see scores,
        topics that are judged blind keep them, and cases that wait for a moderator keep what
        others said of them.
    before
        Only of versions older than this one.
    """
    sees_all = Permission.SCORES in authority.permissions
    hidden = frozenset() if sees_all else blind_topics()
    known = ListingVersion.objects.filter(listing_id=listing_id)
    versions = (
        (known if before is None else known.filter(version__lt=before))
        .select_related("score__generation")
        .prefetch_related("alerts__decisions")
        .order_by("-version")[:MOST_VERSIONS]
    )
    names = _named(versions)
    return [
        VersionEvents(
            number=version.version,
            received_at=version.received_at,
            title=msgspec.json.decode(version.payload, type=Listing).heading,
            erased=version.state == State.ERASED,
            events=_events(version, names, hidden, authority),
        )
        for version in versions
    ]


def _named(versions: Iterable[ListingVersion]) -> dict[tuple[str, int], str]:
    """Name the topics of versions as the files in force at their scoring do."""
    manifests = [
        version.score.generation.manifest for version in versions if hasattr(version, "score")
    ]
    return topic_names(
        (topic, entry.topic_file) for m in manifests for topic, entry in m.topics.items()
    )


def _events(
    version: ListingVersion,
    names: Mapping[tuple[str, int], str],
    hidden: frozenset[str],
    authority: Authority,
) -> list[Happening]:
    sees_all = Permission.SCORES in authority.permissions
    happened = [Happening(version.received_at, _("received"), "", state_text(version))]
    score = getattr(version, "score", None)
    if score is not None:
        for topic, topic_score in scores_by_topic(score).items():
            if topic in hidden or not authority.concerns(topic):
                continue
            by = [topic_score.model] if topic_score.model else []
            details = f"{topic_score.score:.1%} · {', '.join([*by, *topic_score.rules])}"
            generation = _("generation %s") % score.generation_id
            text = f"{details} · {generation} · v{topic_score.policy_version}"
            name = names[topic, topic_score.policy_version]
            happened.append(Happening(score.scored_at, _("scored"), name, text))
    alerts = [alert for alert in version.alerts.all() if authority.concerns(alert.topic)]
    files = score.generation.manifest.topics if score is not None else {}
    waiting = {alert.topic for alert in alerts if alert.state in WAITING}
    for alert in alerts:
        kept_back = alert.topic in waiting and not sees_all
        if kept_back and alert.state not in WAITING:
            continue  # that the case was judged before would tell what it is
        name = names[alert.topic, files[alert.topic].topic_file]
        if alert.topic not in hidden:
            text = f"{alert.score:.1%} · {alert_text(alert)}"
            happened.append(Happening(alert.created_at, _("alerted"), name, text))
        if kept_back:
            continue
        for decision in sorted(alert.decisions.all(), key=lambda d: d.pk):
            said = [verdict_text(decision.verdict), decision.clause or ""]
            text = " · ".join([*filter(None, said), f"v{decision.policy_version}"])
            happened.append(Happening(decision.decided_at, _("decided"), name, text))
    return sorted(happened, key=lambda event: event.at)


def state_text(version: ListingVersion) -> str:
    """Say in the user's language how far a listing version has come."""
    return {
        State.PENDING: _("waits to be scored"),
        State.SCORED: _("was scored"),
        State.SET_ASIDE: _("set aside after errors"),
        State.SUPERSEDED: _("replaced by a newer version"),
        State.ERASED: _("erased"),
    }[State(version.state)]


def alert_text(alert: Alert) -> str:
    """Say in the user's language what became of an alert."""
    return {
        AlertState.OPEN: _("open"),
        AlertState.ESCALATED: _("escalated to a lead"),
        AlertState.DECIDED: _("decided"),
        AlertState.DISPLACED: _("displaced by a higher score"),
        AlertState.SUPERSEDED: _("replaced by a newer version"),
        AlertState.EXPIRED: _("expired"),
    }[AlertState(alert.state)]
