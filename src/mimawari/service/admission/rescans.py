"""Put what a rescan found before moderators: its share of the day, never in place of what is surer.

What is listed now does its harm now, and the best of a million old listings would fill the lists
for weeks. So a rescan has a share of the capacity, and within it gives way to higher scores.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from mimawari.service.actions import hiding
from mimawari.service.admission.event_kinds import ADMITTER, record_opened
from mimawari.service.admission.lists import held, lock_list, take_off
from mimawari.service.admission.models import WAITING, Alert, AlertState, Purpose
from mimawari.service.catalogue.standings import Sparing, standings_of
from mimawari.service.intake.models import State
from mimawari.service.scoring.models import FindingState, Rescan, RescanState, Rescore
from mimawari.service.scoring.rescans import daily, end

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date, datetime

    from mimawari.records.manifest import TopicEntry

SEEN = (*WAITING, AlertState.DECIDED)


def already_judged(topic: str, versions: Collection[int]) -> set[int]:
    """Give those of the versions that wait for a topic, were decided, or came from a rescan."""
    alerts = Alert.objects.filter(topic=topic, listing_version__in=versions)
    seen = alerts.filter(state__in=SEEN) | alerts.filter(purpose=Purpose.RESCAN)
    return set(seen.values_list("listing_version_id", flat=True))


def open_findings(topics: Mapping[str, TopicEntry], now: datetime) -> int:
    """Open today's share of every rescan; gives how many alerts that were."""
    opened = 0
    for rescan in Rescan.objects.filter(state=RescanState.OPENING):
        entry = topics.get(rescan.topic)
        if entry is None or entry.trial:  # out of force, or rounds make the lists
            continue
        with transaction.atomic():
            if lock_list(rescan.topic, now.date()) is None:
                continue
            current = Rescan.objects.select_for_update().get(pk=rescan.pk)
            if current.state == RescanState.OPENING:
                opened += _open(current, entry, now)
    return opened


def _open(rescan: Rescan, entry: TopicEntry, now: datetime) -> int:
    """Open what today has room for, the highest first, under the list's lock."""
    day = now.date()
    today = Alert.objects.filter(topic=rescan.topic, day=day)
    taken = today.filter(purpose=Purpose.RESCAN).count()
    left = daily(entry, rescan.share) - taken
    if left <= 0:
        return 0
    fresh = today.filter(state=AlertState.OPEN, purpose=Purpose.TOP_K).exclude(held(now))
    lowest = list(fresh.order_by("priority", "-pk").values_list("pk", "priority")[:left])
    room = entry.capacity - today.filter(held(now)).count() - fresh.count()
    chosen: list[Rescore] = []
    give_way: list[int] = []
    for finding in _waiting(rescan, entry, left, now):
        if room > 0:
            room -= 1
        elif lowest and lowest[0][1] < finding.score:
            give_way.append(lowest.pop(0)[0])
        else:
            break
        chosen.append(finding)
    closed = take_off(Alert.objects.filter(pk__in=give_way))
    alerts = _alerts(rescan, chosen, day, now)
    record_opened(alerts)
    waiting = [hiding.Waiting(a.pk, a.listing_version_id, a.score) for a in alerts]
    hiding.settle(closed, now, rescan.topic, entry, waiting)
    _mark(chosen, FindingState.OPENED)
    if not Rescore.objects.filter(rescan=rescan, state=FindingState.WAITING).exists():
        end(rescan, RescanState.DONE, ADMITTER)
    return len(alerts)


def _waiting(rescan: Rescan, entry: TopicEntry, most: int, now: datetime) -> list[Rescore]:
    """Give the best findings that wait and can still be judged; others are passed over."""
    kept: list[Rescore] = []
    rows = Rescore.objects.filter(rescan=rescan, state=FindingState.WAITING)
    while len(kept) < most:
        known = [row.pk for row in kept]
        related = rows.exclude(pk__in=known).select_related("listing_version__ending")
        page = list(related.defer("listing_version__payload").order_by("-score", "pk")[:most])
        judged = already_judged(rescan.topic, [row.listing_version_id for row in page])
        standings = standings_of([row.listing_version.seller_id for row in page])
        sparing = Sparing.of(rescan.topic, entry, standings, now)
        gone = [
            row
            for row in page
            if _is_gone(row)
            or row.listing_version_id in judged
            or sparing.spares(row.listing_version.seller_id, row.score)
        ]
        _mark(gone, FindingState.PASSED_OVER)
        kept += [row for row in page if row not in gone]
        if len(page) < most:
            break
    return kept[:most]


def _is_gone(finding: Rescore) -> bool:
    version = finding.listing_version
    return version.state != State.SCORED or getattr(version, "ending", None) is not None


def _alerts(rescan: Rescan, chosen: list[Rescore], day: date, now: datetime) -> list[Alert]:
    return Alert.objects.bulk_create(
        Alert(
            listing_version_id=finding.listing_version_id,
            topic=rescan.topic,
            day=day,
            purpose=Purpose.RESCAN,
            score=finding.score,
            priority=finding.score,
            rescore=finding,
            created_at=now,
        )
        for finding in chosen
    )


def _mark(findings: list[Rescore], state: FindingState) -> None:
    if findings:
        Rescore.objects.filter(pk__in=[row.pk for row in findings]).update(state=state)
