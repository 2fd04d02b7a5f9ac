"""What events of strikes tell outside, in order a seller; those of dry runs tell nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

from mimawari.records import outgoing
from mimawari.records.action import ExpiryDetails, StrikeDetails, ThresholdDetails
from mimawari.service.actions.models import Strike
from mimawari.service.delivery.action_bodies import seller_key
from mimawari.service.delivery.sealed_events import readable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mimawari.service.delivery.sealed_events import SealedEvent

Details = TypeVar("Details", StrikeDetails, ExpiryDetails, ThresholdDetails)


class Struck(NamedTuple):
    """The listing that a strike is for, and its seller: empty where that was erased."""

    listing_id: str
    version: int
    seller: str

    @property
    def order_key(self) -> str:
        """Give what orders all that is told of the seller."""
        return seller_key(self.seller, self.listing_id)


_COLUMNS = ("listing_id", "version", "seller_id")


def given(events: Sequence[SealedEvent]) -> Iterator[tuple[SealedEvent, str, outgoing.Strike]]:
    """Tell of strikes that were given."""
    for event, details, struck in _with_sellers(events, StrikeDetails):
        data = outgoing.Strike(
            strike=int(event.subject),
            listing_id=struck.listing_id,
            listing_version=struck.version,
            seller_id=struck.seller or None,
            topic=details.topic,
            severity=details.severity,
            weight=details.weight,
            decision=details.decision,
            total=details.total,
            expires_at=details.expires_at,
        )
        yield event, struck.order_key, data


def withdrawn(
    events: Sequence[SealedEvent],
) -> Iterator[tuple[SealedEvent, str, outgoing.WithdrawnStrike]]:
    """Tell of strikes that were taken back."""
    for event, details, struck in _with_sellers(events, StrikeDetails):
        if details.reverses is None:
            continue  # altered by hand
        data = outgoing.WithdrawnStrike(
            strike=int(event.subject),
            listing_id=struck.listing_id,
            listing_version=struck.version,
            seller_id=struck.seller or None,
            topic=details.topic,
            severity=details.severity,
            weight=details.weight,
            decision=details.decision,
            total=details.total,
            expires_at=details.expires_at,
            withdraws=details.reverses,
        )
        yield event, struck.order_key, data


def expired(
    events: Sequence[SealedEvent],
) -> Iterator[tuple[SealedEvent, str, outgoing.ExpiredStrike]]:
    """Tell of strikes whose time is over."""
    for event, details, struck in _with_sellers(events, ExpiryDetails):
        data = outgoing.ExpiredStrike(
            strike=int(event.subject),
            listing_id=struck.listing_id,
            listing_version=struck.version,
            seller_id=struck.seller or None,
            topic=details.topic,
            weight=details.weight,
            total=details.total,
            expired_at=details.expired_at,
        )
        yield event, struck.order_key, data


def thresholds(
    events: Sequence[SealedEvent],
) -> Iterator[tuple[SealedEvent, str, outgoing.StrikeThreshold]]:
    """Tell of thresholds that strikes reached, or left."""
    for event, details, struck in _with_sellers(events, ThresholdDetails):
        data = outgoing.StrikeThreshold(
            strike=int(event.subject),
            listing_id=struck.listing_id,
            listing_version=struck.version,
            seller_id=struck.seller or None,
            topic=details.topic,
            total=details.total,
            threshold=details.threshold,
            passed=details.passed,
        )
        yield event, struck.order_key, data


def _with_sellers(
    events: Sequence[SealedEvent], kind: type[Details]
) -> Iterator[tuple[SealedEvent, Details, Struck]]:
    """Read events whose subject is a strike, with the listing and the seller of each."""
    read = [(e, details) for e, details in readable(events, kind) if not details.dry_run]
    rows = Strike.objects.filter(pk__in={int(event.subject) for event, _ in read})
    columns = rows.values_list("pk", *(f"listing_version__{name}" for name in _COLUMNS))
    struck = {number: Struck(*rest) for number, *rest in columns}
    for event, details in read:
        if int(event.subject) in struck:
            yield event, details, struck[int(event.subject)]
