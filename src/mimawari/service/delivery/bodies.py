"""What the ledger's events become outside: the one table where kinds are added.

A body is made when it is sent, never kept: what was erased meanwhile is not sent any more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec

from mimawari.records import outgoing
from mimawari.records.outgoing import OutgoingEvent, type_of
from mimawari.service.admission import models as admission
from mimawari.service.admission.event_kinds import ALERT, AlertDetails
from mimawari.service.delivery.sealed_events import environment
from mimawari.service.review.event_kinds import DECISION, UNDO, DecisionDetails

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from datetime import datetime

    from mimawari.service.delivery.sealed_events import SealedEvent

    Make = Callable[[Sequence[SealedEvent], str], Iterator["Outgoing"]]
    """Gives what is sent of many events with few queries, under the installation's name."""

Data = TypeVar("Data", bound=msgspec.Struct)
Details = TypeVar("Details", DecisionDetails, AlertDetails)


class Outgoing(msgspec.Struct, frozen=True):
    """An event as it is sent, with its place in the ledger and what orders it: its listing."""

    sequence: int
    order_key: str
    event: OutgoingEvent


class Kind(msgspec.Struct, frozen=True):
    """How one kind of the ledger's events is told outside."""

    type: str
    make: Make


def _sent_as(
    body: Callable[[str, datetime, Data], OutgoingEvent],
    contents: Callable[[Sequence[SealedEvent]], Iterator[tuple[SealedEvent, str, Data]]],
) -> Make:
    """Put contents, each with what orders it, into bodies."""

    def make(events: Sequence[SealedEvent], name: str) -> Iterator[Outgoing]:
        for event, order_key, data in contents(events):
            sent = body(f"evt_{name}_{event.id}", event.at, data)
            yield Outgoing(event.sequence, order_key, sent)

    return make


def _decisions(
    events: Sequence[SealedEvent],
) -> Iterator[tuple[SealedEvent, str, outgoing.Decision]]:
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
            replaces=said.replaces,
        )
        yield event, listing_id, data


def _undone(events: Sequence[SealedEvent]) -> Iterator[tuple[SealedEvent, str, outgoing.Undone]]:
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


def _alerts(events: Sequence[SealedEvent]) -> Iterator[tuple[SealedEvent, str, outgoing.Alert]]:
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


KINDS = {
    DECISION.name: Kind(
        type_of(outgoing.DecisionMade), _sent_as(outgoing.DecisionMade, _decisions)
    ),
    UNDO.name: Kind(type_of(outgoing.DecisionUndone), _sent_as(outgoing.DecisionUndone, _undone)),
    ALERT.name: Kind(type_of(outgoing.AlertRaised), _sent_as(outgoing.AlertRaised, _alerts)),
}


def kinds_of(types: Collection[str]) -> list[str]:
    """Name the ledger's kinds that are told as some types; all where none is named."""
    return [name for name, kind in KINDS.items() if not types or kind.type in types]


def bodies_of(events: Iterable[SealedEvent]) -> list[Outgoing]:
    """Give what is told outside of events, in the order of their places."""
    by_kind: dict[str, list[SealedEvent]] = {}
    for event in events:
        by_kind.setdefault(event.kind, []).append(event)
    if not by_kind:
        return []
    name = environment().rpartition("/")[2]
    made = [part for kind, group in by_kind.items() for part in KINDS[kind].make(group, name)]
    return sorted(made, key=lambda part: part.sequence)
