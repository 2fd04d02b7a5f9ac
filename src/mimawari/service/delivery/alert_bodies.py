"""What events of alerts, and of decisions on them, tell outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec

from mimawari.records import outgoing
from mimawari.records.closing import Closing
from mimawari.service.admission import models as admission
from mimawari.service.admission.event_kinds import AlertClosed, AlertDetails, AlertSpared
from mimawari.service.delivery.sealed_events import readable
from mimawari.service.review.event_kinds import DecisionDetails

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mimawari.service.delivery.sealed_events import SealedEvent

Details = TypeVar("Details", DecisionDetails, AlertDetails, AlertClosed, AlertSpared)


def decisions(
    events: Sequence[SealedEvent],
) -> Iterator[tuple[SealedEvent, str, outgoing.Decision]]:
    """Tell of decisions."""
    for event, details, listing_id, version in _with_listings(events, DecisionDetails):
        data = outgoing.Decision(
            decision=int(event.subject),
            alert=details.alert,
            listing_id=listing_id,
            listing_version=version,
            topic=details.topic,
            verdict=details.verdict,  # type: ignore[arg-type]  # no other is written
            moderator=f"moderator-{details.moderator}",
            policy_version=details.policy_version,
            clause=details.clause,
            replaces=details.replaces,
        )
        yield event, listing_id, data


def undone(events: Sequence[SealedEvent]) -> Iterator[tuple[SealedEvent, str, outgoing.Undone]]:
    """Tell of decisions that were taken back."""
    for event, details, listing_id, version in _with_listings(events, DecisionDetails):
        if details.replaces is None:
            continue  # altered by hand
        data = outgoing.Undone(
            decision=int(event.subject),
            alert=details.alert,
            listing_id=listing_id,
            listing_version=version,
            topic=details.topic,
            moderator=f"moderator-{details.moderator}",
            replaces=details.replaces,
        )
        yield event, listing_id, data


def alerts(events: Sequence[SealedEvent]) -> Iterator[tuple[SealedEvent, str, outgoing.Alert]]:
    """Tell of alerts that were opened."""
    for event, details, listing_id, version in _with_listings(events, AlertDetails):
        data = outgoing.Alert(int(event.subject), listing_id, version, details.topic)
        yield event, listing_id, data


def closed(
    events: Sequence[SealedEvent],
) -> Iterator[tuple[SealedEvent, str, outgoing.ClosedAlert]]:
    """Tell of alerts that were closed without a decision."""
    for event, details, listing_id, version in _with_listings(events, AlertClosed):
        alert = int(event.subject)
        data = outgoing.ClosedAlert(alert, listing_id, version, details.topic, details.reason)
        yield event, listing_id, data


def spared(
    events: Sequence[SealedEvent],
) -> Iterator[tuple[SealedEvent, str, outgoing.ClosedAlert]]:
    """Tell of alerts that were closed as policy trusts or exempts their seller."""
    for event, details, listing_id, version in _with_listings(events, AlertSpared):
        alert = int(event.subject)
        data = outgoing.ClosedAlert(alert, listing_id, version, details.topic, Closing.SPARED)
        yield event, listing_id, data


def _with_listings(
    events: Sequence[SealedEvent], kind: type[Details]
) -> Iterator[tuple[SealedEvent, Details, str, int]]:
    """Read events of alerts with the listing of each; golden items are known here only."""
    read = list(readable(events, kind))
    numbers = {_alert_of(event, details) for event, details in read}
    alerts = admission.Alert.objects.filter(pk__in=numbers)
    names = ("listing_version__listing_id", "listing_version__version")
    rows = alerts.exclude(purpose=admission.Purpose.GOLDEN).values_list("pk", *names)
    listings = {alert: (listing_id, version) for alert, listing_id, version in rows}
    for event, details in read:
        alert = _alert_of(event, details)
        if alert in listings:
            listing_id, version = listings[alert]
            yield event, details, listing_id, version


def _alert_of(event: SealedEvent, details: msgspec.Struct) -> int:
    return details.alert if isinstance(details, DecisionDetails) else int(event.subject)
