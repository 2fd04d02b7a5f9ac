"""Near-duplicates of one seller that wait for the same topic, held to be decided together."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from mimawari.listings.duplicates.pairs import LEAST_SIMILARITY, similarities
from mimawari.service.accounts.permissions import Permission
from mimawari.service.admission.models import YIELDING, Alert, AlertState, Purpose
from mimawari.service.intake.models import ListingVersion, State
from mimawari.service.intake.scored import as_scored
from mimawari.service.media.models import Snapshot, SnapshotState
from mimawari.service.platform import clock

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.db.models import QuerySet

    from mimawari.service.accounts.permissions import Authority

MOST_COMPARED = 100
MOST = 20


def near_duplicates(alert: Alert, authority: Authority) -> list[Alert]:
    """Give what waits of the same seller and topic and is nearly the same, at most `MOST`.

    Near in text (a similarity of 0.7 or more), or with the same picture. Those that another
    moderator holds are left out, and so are those that are not for this one.
    """
    version = alert.listing_version
    if alert.state != AlertState.OPEN or not version.seller_id:
        return []
    # By what the seller listed: of a topic a hundred thousand may wait.
    others = ListingVersion.objects.filter(seller_id=version.seller_id)
    others = others.exclude(listing_id=version.listing_id)
    waiting = _free(authority).filter(topic=alert.topic, listing_version__in=others.values("pk"))
    candidates = list(waiting.order_by("-priority", "id")[:MOST_COMPARED])
    if not candidates:
        return []
    texts = [as_scored(candidate.listing_version).text for candidate in candidates]
    alike = similarities(as_scored(version).text, texts)
    pictured = _with_its_pictures(version.pk, [c.listing_version_id for c in candidates])
    return [
        candidate
        for candidate, similarity in zip(candidates, alike, strict=True)
        if similarity >= LEAST_SIMILARITY or candidate.listing_version_id in pictured
    ][:MOST]


def hold(alert: Alert, numbers: Collection[int], authority: Authority) -> list[Alert]:
    """Lease near-duplicates of an alert that the principal holds, as far as they are still free.

    Nothing where they do not hold that alert. What is not decided then comes as their next item.
    """
    now, moderator = clock.database_now(), int(authority.principal.id)
    mine = Alert.objects.filter(pk=alert.pk, leased_by_id=moderator, leased_until__gt=now)
    if not authority.may(Permission.REVIEW, alert.topic) or not mine.exists():
        return []
    near = {row.pk for row in near_duplicates(alert, authority)}  # slow: before the transaction
    with transaction.atomic():
        rows = _free(authority).filter(pk__in=near.intersection(numbers))
        leased = list(
            rows.order_by("-priority", "id").select_for_update(skip_locked=True, of=("self",))
        )
        until = now + timedelta(seconds=settings.CONFIG.lease_seconds)
        Alert.objects.filter(pk__in=[row.pk for row in leased]).update(
            leased_by_id=moderator, leased_until=until
        )
    return leased


def _free(authority: Authority) -> QuerySet[Alert]:
    """Give what waits and may be leased to a principal now; golden items come one at a time."""
    now, moderator = clock.database_now(), int(authority.principal.id)
    free = Q(leased_until=None) | Q(leased_until__lte=now) | Q(leased_by_id=moderator)
    rows = Alert.objects.filter(free, state=AlertState.OPEN).exclude(not_for_id=moderator)
    rows = rows.exclude(purpose=Purpose.GOLDEN)
    if authority.topics is not None:
        rows = rows.filter(topic__in=authority.topics)
    rows = rows.exclude(purpose__in=YIELDING, listing_version__state=State.SUPERSEDED)
    return rows.select_related("listing_version__score__generation")


def _with_its_pictures(version: int, others: list[int]) -> set[int]:
    """Give the versions that show a picture of another one, byte for byte."""
    kept = Snapshot.objects.filter(state=SnapshotState.KEPT)
    pictures = set(kept.filter(listing_version=version).values_list("picture_id", flat=True))
    if not pictures:
        return set()
    same = kept.filter(picture_id__in=pictures, listing_version_id__in=others)
    return set(same.values_list("listing_version_id", flat=True))
