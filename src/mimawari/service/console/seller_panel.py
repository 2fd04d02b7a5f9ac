"""The seller of the item under review: other listings, past decisions, strikes, near-duplicates."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
from django.db.models import Exists, Max, OuterRef

from mimawari.listings.listing import Listing
from mimawari.service.accounts.permissions import Permission
from mimawari.service.actions import strikes
from mimawari.service.actions.outcome import restrictions_of
from mimawari.service.admission.models import WAITING, Alert
from mimawari.service.console.presentation import heading_of
from mimawari.service.console.texts import topic_names, verdict_text
from mimawari.service.console.topic_titles import titles_in_force
from mimawari.service.intake.models import ListingVersion
from mimawari.service.media.models import Snapshot, SnapshotState
from mimawari.service.platform import clock
from mimawari.service.releases.in_force import files_in_force
from mimawari.service.review.models import Decision, Verdict
from mimawari.service.review.together import near_duplicates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mimawari.service.accounts.permissions import Authority

MOST = 20


class OtherListing(msgspec.Struct, frozen=True):
    """A listing of the seller, by its newest version."""

    listing_id: str
    title: str
    received_at: datetime


class PastDecision(msgspec.Struct, frozen=True):
    """What was decided about another listing of the seller."""

    at: datetime
    listing_id: str
    title: str
    topic_name: str
    verdict: str


class StrikeRow(msgspec.Struct, frozen=True):
    """A strike that counts now."""

    at: datetime
    expires_at: datetime
    topic_name: str
    listing_id: str
    weight: int


class NearDuplicate(msgspec.Struct, frozen=True):
    """A near-duplicate that waits; ``proof`` is signed once it is held."""

    alert_id: int
    title: str
    description: str
    picture: str
    sensitive: bool
    received_at: datetime
    proof: str = ""


class SellerPanel(msgspec.Struct, frozen=True):
    """All of it, the newest first, each at most `MOST`."""

    seller: str
    listings: list[OtherListing]
    decisions: list[PastDecision]
    strikes: list[StrikeRow]
    strikes_total: int
    restricted: bool
    near_duplicates: list[NearDuplicate]


def seller_panel(alert: Alert, authority: Authority) -> SellerPanel:
    """Gather what is known of the seller of an alert's listing.

    Decisions and strikes of topics that the principal has nothing to do with are left out;
    where they judge alone, so are decisions on what waits for another judgement.
    """
    version = alert.listing_version
    seller = version.seller_id
    if not seller:  # erased: nothing is known of whoever it was
        return SellerPanel("", [], [], [], 0, False, [])
    now, names = clock.database_now(), titles_in_force()
    counted = strikes.listed(seller, now)
    return SellerPanel(
        seller=seller,
        listings=_listings(version),
        decisions=_decisions(version, authority),
        strikes=[
            StrikeRow(s.at, s.expires_at, names.get(s.topic, s.topic), s.listing, s.weight)
            for s in counted[:MOST]
            if authority.concerns(s.topic) and not s.dry_run
        ],
        strikes_total=strikes.total_of(seller, now),
        restricted=bool(restrictions_of(seller)),
        near_duplicates=near_duplicate_rows(near_duplicates(alert, authority), {}),
    )


def _listings(version: ListingVersion) -> list[OtherListing]:
    others = ListingVersion.objects.filter(seller_id=version.seller_id)
    others = others.exclude(listing_id=version.listing_id)
    newest = others.values("listing_id").annotate(last=Max("pk")).order_by("-last")[:MOST]
    rows = ListingVersion.objects.in_bulk([row["last"] for row in newest])
    return [
        OtherListing(row.listing_id, heading_of(row.payload), row.received_at)
        for _, row in sorted(rows.items(), reverse=True)
    ]


def _decisions(version: ListingVersion, authority: Authority) -> list[PastDecision]:
    rows = Decision.objects.filter(
        alert__listing_version__seller_id=version.seller_id, replaced_by=None
    )
    rows = rows.exclude(verdict=Verdict.UNDONE)
    rows = rows.exclude(alert__listing_version__listing_id=version.listing_id)
    if authority.topics is not None:
        rows = rows.filter(alert__topic__in=authority.topics)
    if Permission.SCORES not in authority.permissions:
        same_case = Alert.objects.filter(
            listing_version=OuterRef("alert__listing_version"),
            topic=OuterRef("alert__topic"),
            state__in=WAITING,
        )
        rows = rows.filter(~Exists(same_case))
    newest = list(rows.select_related("alert__listing_version").order_by("-id")[:MOST])
    names = topic_names((d.alert.topic, d.policy_version) for d in newest)
    return [
        PastDecision(
            d.decided_at,
            d.alert.listing_version.listing_id,
            heading_of(d.alert.listing_version.payload),
            names[d.alert.topic, d.policy_version],
            verdict_text(d.verdict),
        )
        for d in newest
    ]


def near_duplicate_rows(alerts: Sequence[Alert], proofs: dict[int, str]) -> list[NearDuplicate]:
    """Describe near-duplicates; with a proof where they are held."""
    versions = [alert.listing_version_id for alert in alerts]
    kept = Snapshot.objects.filter(listing_version__in=versions, state=SnapshotState.KEPT)
    names = kept.order_by("-position").values_list("listing_version_id", "picture_id")
    pictures = {version: sha256 for version, sha256 in names if sha256} if versions else {}
    files = files_in_force() if alerts else {}
    described = []
    for alert in alerts:
        listing = msgspec.json.decode(alert.listing_version.payload, type=Listing)
        described.append(
            NearDuplicate(
                alert_id=alert.pk,
                title=listing.heading,
                description=listing.description,
                picture=pictures.get(alert.listing_version_id, ""),
                sensitive=alert.topic not in files or files[alert.topic].sensitive,
                received_at=alert.listing_version.received_at,
                proof=proofs.get(alert.pk, ""),
            )
        )
    return described
