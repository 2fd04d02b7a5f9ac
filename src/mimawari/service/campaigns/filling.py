"""Fills campaigns day by day: chosen beside the list's lock, opened under it, once."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np
from django.db import transaction

from mimawari.alerts.selection.sources import take_in_turn
from mimawari.listings.listing import Listing
from mimawari.records.principal import Principal
from mimawari.service.admission.campaigns import Chosen, open_chosen
from mimawari.service.admission.lists import held, lock_list
from mimawari.service.admission.models import Alert, Purpose
from mimawari.service.audit.record import record_all
from mimawari.service.campaigns.changing import inside, locked, running
from mimawari.service.campaigns.event_kinds import CAMPAIGN_ITEM, item_details
from mimawari.service.campaigns.models import CampaignItem, CampaignState
from mimawari.service.campaigns.orders import doubted, orders_of, pool_of
from mimawari.service.campaigns.plan import Source
from mimawari.service.campaigns.pool import pool
from mimawari.service.campaigns.progress import left_to_ask, progress_of
from mimawari.service.catalogue.topic_files import topic_file_of
from mimawari.service.intake.models import ListingVersion, State
from mimawari.service.platform import clock
from mimawari.service.releases import generations

if TYPE_CHECKING:
    from mimawari.records.manifest import TopicEntry
    from mimawari.service.campaigns.models import CampaignChange

MODERATORS = Source.MODERATORS.value
KEEPER = Principal("system", "keeper", "keeper")


class Candidate(NamedTuple):
    """A listing version that a campaign may ask about."""

    version: int
    score: float
    source: str
    probability: float | None
    not_for: int | None = None


class Room(NamedTuple):
    """How many a campaign may still ask today, within the capacity and beyond it."""

    inside: int
    beyond: int

    @property
    def all(self) -> int:
        """Both together."""
        return self.inside + self.beyond


def fill_all() -> int:
    """Fill every campaign that runs with what is left of its day; gives how many were asked.

    May be stopped at any moment and called again, by two at once as well: what a day has room
    for is counted under the lock of the topic's list.
    """
    newest = generations.serving()
    topics = newest.manifest.topics if newest else {}
    opened, now = 0, clock.database_now()
    for change in running():
        entry = topics.get(change.campaign.topic)
        if entry is not None and not entry.trial:  # rounds make the lists of a trial
            opened += fill(change, entry, now)
    return opened


def fill(change: CampaignChange, entry: TopicEntry, now: datetime) -> int:
    """Ask for what a campaign may still ask today; gives how many that were."""
    if now.date() > change.planned.until:
        return 0
    room = _room(change, entry, now)
    if room.all <= 0:
        return 0
    candidates = _candidates(change, entry, room.all, now)
    if not candidates:
        return 0
    with transaction.atomic():
        if lock_list(change.campaign.topic, now.date(), wait=True) is None:
            return 0
        _, stands = locked(change.campaign_id)
        if stands is None or stands.state != CampaignState.RUNNING:
            return 0
        return _ask(stands, entry, candidates, now)


def _room(change: CampaignChange, entry: TopicEntry, now: datetime) -> Room:
    """Count what is left of the day: of the campaign, and of all of its topic within K."""
    plan, topic = change.planned, change.campaign.topic
    mine = CampaignItem.objects.filter(campaign=change.campaign_id, day=now.date())
    asked = mine.count()
    beyond = mine.filter(alert__beyond=True).count()
    day = Alert.objects.filter(topic=topic, day=now.date())
    taken = day.filter(purpose=Purpose.CAMPAIGN, beyond=False).count()
    left = min(
        plan.budget - asked,
        left_to_ask(plan, progress_of([change.campaign_id])[change.campaign_id]),
    )
    more = max(0, min(plan.beyond - beyond, left))
    places = entry.capacity - day.filter(held(now)).count()
    within = min(
        plan.budget - plan.beyond - (asked - beyond), inside(entry.capacity) - taken, places
    )
    return Room(max(0, min(within, left - more)), more)


def _candidates(
    change: CampaignChange, entry: TopicEntry, most: int, now: datetime
) -> list[Candidate]:
    """Choose by the sources in turn, moderators' doubted cases among them."""
    plan, topic = change.planned, change.campaign.topic
    again = []
    if Source.MODERATORS in plan.sources:
        since = datetime.combine(now.date() - timedelta(days=plan.days - 1), time(), UTC)
        cases = doubted(topic, since, max(1, most // len(plan.sources)))
        again = [
            Candidate(case.number, case.score, MODERATORS, None, case.moderator) for case in cases
        ]
    rows = pool(topic, plan, now, KEEPER)
    orders = orders_of(plan.sources, topic, entry.capacity, rows)
    random = np.random.default_rng(_seed(change.campaign_id, now))
    left = most - len(again)
    taken = take_in_turn(orders, pool_of(rows), left, random) if orders and left > 0 else []
    return again + [
        Candidate(
            int(rows.numbers[taking.row]),
            float(np.nan_to_num(rows.competing[taking.row])),
            taking.source,
            taking.probability,
        )
        for taking in taken
    ]


def _ask(
    change: CampaignChange, entry: TopicEntry, candidates: list[Candidate], now: datetime
) -> int:
    """Open what still fits, under the list's lock; items and events go with it."""
    topic, room = change.campaign.topic, _room(change, entry, now)
    versions = [candidate.version for candidate in candidates]
    there = ListingVersion.objects.filter(pk__in=versions, state=State.SCORED, ending__isnull=True)
    file = topic_file_of(topic, entry)
    alive = {
        number
        for number, payload in there.values_list("pk", "payload")
        if file.concerns(msgspec.json.decode(payload, type=Listing))
    }
    rows = Alert.objects.filter(topic=topic, listing_version__in=versions)
    asked = set(rows.values_list("listing_version_id", flat=True))
    campaigns = rows.filter(purpose=Purpose.CAMPAIGN)
    asked_so = set(campaigns.values_list("listing_version_id", flat=True))
    left = [
        candidate
        for candidate in candidates
        if candidate.version in alive
        and candidate.version not in (asked if candidate.not_for is None else asked_so)
    ]
    by_version = {candidate.version: candidate for candidate in left[: room.all]}
    chosen = [
        Chosen(candidate.version, candidate.score, place < room.beyond, candidate.not_for)
        for place, candidate in enumerate(by_version.values())
    ]
    alerts = open_chosen(topic, entry, chosen, now)
    kept = _share_kept(candidates, [by_version[alert.listing_version_id] for alert in alerts])
    items = CampaignItem.objects.bulk_create(
        CampaignItem(
            campaign_id=change.campaign_id,
            alert=alert,
            source=by_version[alert.listing_version_id].source,
            probability=_times(by_version[alert.listing_version_id].probability, kept),
            day=now.date(),
        )
        for alert in alerts
    )
    record_all(CAMPAIGN_ITEM, [(item.pk, item_details(item)) for item in items], KEEPER)
    return len(items)


def _share_kept(drawn: list[Candidate], asked: list[Candidate]) -> float:
    """Give the share that was asked of what chance drew: a part of a random sample is one, too."""
    before, after = (
        sum(candidate.probability is not None for candidate in of) for of in (drawn, asked)
    )
    return after / before if before else 1.0


def _times(probability: float | None, kept: float) -> float | None:
    return None if probability is None else probability * kept


def _seed(campaign: int, now: datetime) -> int:
    """Draw the same of the same pool on a day."""
    digest = hashlib.sha256(f"{campaign} {now.date()}".encode()).digest()
    return int.from_bytes(digest[:8], "little")
