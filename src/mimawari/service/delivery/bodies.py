"""What the ledger's events become outside: the one table where kinds are added.

A body is made when it is sent, never kept: what was erased meanwhile is not sent any more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec

from mimawari.records.outgoing import (
    ActionReversed,
    ActionTaken,
    AlertClosed,
    AlertRaised,
    DecisionMade,
    DecisionUndone,
    OutgoingEvent,
    StrikeExpired,
    StrikeGiven,
    StrikeWithdrawn,
    ThresholdPassed,
    type_of,
)
from mimawari.records.outgoing_alarms import AlarmAcknowledged, AlarmOpened, AlarmResolved
from mimawari.service.actions.event_kinds import (
    ACTION,
    ACTION_REVERSAL,
    STRIKE_EXPIRY,
    STRIKE_GIVEN,
    STRIKE_REVERSAL,
    THRESHOLD,
)
from mimawari.service.admission.event_kinds import ALERT, ALERT_CLOSED, ALERT_SPARED
from mimawari.service.alarms.event_kinds import ALARM_ACKNOWLEDGED, ALARM_OPENED, ALARM_RESOLVED
from mimawari.service.delivery import action_bodies, alarm_bodies, alert_bodies, strike_bodies
from mimawari.service.delivery.sealed_events import environment
from mimawari.service.review.event_kinds import DECISION, UNDO

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from datetime import datetime

    from mimawari.service.delivery.sealed_events import SealedEvent

    Make = Callable[[Sequence[SealedEvent], str], Iterator["Outgoing"]]
    """Gives what is sent of many events with few queries, under the installation's name."""

Data = TypeVar("Data", bound=msgspec.Struct)


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


KINDS = {
    name: Kind(type_of(body), make)
    for name, body, make in (
        (DECISION.name, DecisionMade, _sent_as(DecisionMade, alert_bodies.decisions)),
        (UNDO.name, DecisionUndone, _sent_as(DecisionUndone, alert_bodies.undone)),
        (ALERT.name, AlertRaised, _sent_as(AlertRaised, alert_bodies.alerts)),
        (ALERT_CLOSED.name, AlertClosed, _sent_as(AlertClosed, alert_bodies.closed)),
        (ALERT_SPARED.name, AlertClosed, _sent_as(AlertClosed, alert_bodies.spared)),
        (ACTION.name, ActionTaken, _sent_as(ActionTaken, action_bodies.actions)),
        (ACTION_REVERSAL.name, ActionReversed, _sent_as(ActionReversed, action_bodies.reversals)),
        (STRIKE_GIVEN.name, StrikeGiven, _sent_as(StrikeGiven, strike_bodies.given)),
        (STRIKE_REVERSAL.name, StrikeWithdrawn, _sent_as(StrikeWithdrawn, strike_bodies.withdrawn)),
        (STRIKE_EXPIRY.name, StrikeExpired, _sent_as(StrikeExpired, strike_bodies.expired)),
        (THRESHOLD.name, ThresholdPassed, _sent_as(ThresholdPassed, strike_bodies.thresholds)),
        (ALARM_OPENED.name, AlarmOpened, _sent_as(AlarmOpened, alarm_bodies.opened)),
        (
            ALARM_ACKNOWLEDGED.name,
            AlarmAcknowledged,
            _sent_as(AlarmAcknowledged, alarm_bodies.acknowledged),
        ),
        (ALARM_RESOLVED.name, AlarmResolved, _sent_as(AlarmResolved, alarm_bodies.resolved)),
    )
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
