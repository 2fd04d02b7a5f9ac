"""What events of alerts, and of decisions on them, tell outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec

from mimawari.records import outgoing
from mimawari.service.admission import models as admission
from mimawari.service.admission.event_kinds import AlertDetails
from mimawari.service.review.event_kinds import DecisionDetails

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mimawari.service.delivery.sealed_events import SealedEvent

Details = TypeVar("Details", DecisionDetails, AlertDetails)


def decisions(
    events: Sequence[SealedEvent],
) -> Iterator[tuple[SealedEvent, str, outgoing.Decision]]:
    """Tell of decisions."""
    for event, said, listing_id, version in _with_listings(events, DecisionDetails):
        data = outgoing.Decision(
            decision=int(event.subject),
            alert=said.alert,
            listing_id=listing_id,
            listing_version=version,
            topic=said.topic,
            verdict=said.verdict,  # type: ignore[arg-type]  # no other is written
            moderator=f"moderator-{said.moderator}",
            policy_version=said.policy_version,
            clause=said.clause,
            replaces=said.replaces,
        )
        yield event, listing_id, data


def undone(events: Sequence[SealedEvent]) -> Iterator[tuple[SealedEvent, str, outgoing.Undone]]:
    """Tell of decisions that were taken back."""
    for event, said, listing_id, version in _with_listings(events, DecisionDetails):
        assert said.replaces is not None
        data = outgoing.Undone(
            decision=int(event.subject),
            alert=said.alert,
            listing_id=listing_id,
            listing_version=version,
            topic=said.topic,
            moderator=f"moderator-{said.moderator}",
            replaces=said.replaces,
        )
        yield event, listing_id, data


def alerts(events: Sequence[SealedEvent]) -> Iterator[tuple[SealedEvent, str, outgoing.Alert]]:
    """Tell of alerts that were opened."""
    for event, said, listing_id, version in _with_listings(events, AlertDetails):
        data = outgoing.Alert(int(event.subject), listing_id, version, said.topic)
        yield event, listing_id, data


def _with_listings(
    events: Sequence[SealedEvent], kind: type[Details]
) -> Iterator[tuple[SealedEvent, Details, str, int]]:
    """Read events of alerts with the listing of each; golden items are known here only."""
    details = [msgspec.json.decode(event.details, type=kind) for event in events]
    numbers = {_alert_of(event, said) for event, said in zip(events, details, strict=True)}
    alerts = admission.Alert.objects.filter(pk__in=numbers)
    names = ("listing_version__listing_id", "listing_version__version")
    rows = alerts.exclude(purpose=admission.Purpose.GOLDEN).values_list("pk", *names)
    listings = {alert: (listing_id, version) for alert, listing_id, version in rows}
    for event, said in zip(events, details, strict=True):
        alert = _alert_of(event, said)
        if alert in listings:
            listing_id, version = listings[alert]
            yield event, said, listing_id, version


def _alert_of(event: SealedEvent, said: DecisionDetails | AlertDetails) -> int:
    return said.alert if isinstance(said, DecisionDetails) else int(event.subject)
