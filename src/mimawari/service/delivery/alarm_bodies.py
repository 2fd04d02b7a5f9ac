"""What events of alarms tell outside, in order an alarm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mimawari.records import outgoing_alarms as outgoing
from mimawari.records.alarm import AlarmDetails
from mimawari.service.delivery.sealed_events import readable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mimawari.service.delivery.sealed_events import SealedEvent


def opened(events: Sequence[SealedEvent]) -> Iterator[tuple[SealedEvent, str, outgoing.Alarm]]:
    """Tell of alarms that were opened, or opened again."""
    return ((event, key, alarm) for event, key, _, alarm in _read(events))


def acknowledged(
    events: Sequence[SealedEvent],
) -> Iterator[tuple[SealedEvent, str, outgoing.TakenUpAlarm]]:
    """Tell of alarms that somebody looks after."""
    for event, key, details, alarm in _read(events):
        named = msgspec.structs.asdict(alarm)
        yield event, key, outgoing.TakenUpAlarm(**named, until=details.until)


def resolved(
    events: Sequence[SealedEvent],
) -> Iterator[tuple[SealedEvent, str, outgoing.ResolvedAlarm]]:
    """Tell of alarms that are over."""
    for event, key, details, alarm in _read(events):
        named = msgspec.structs.asdict(alarm)
        yield event, key, outgoing.ResolvedAlarm(**named, times=details.times or 1)


def _read(
    events: Sequence[SealedEvent],
) -> Iterator[tuple[SealedEvent, str, AlarmDetails, outgoing.Alarm]]:
    for event, details in readable(events, AlarmDetails):
        alarm = outgoing.Alarm(
            alarm=int(event.subject),
            kind=details.kind,
            topic=details.topic or None,
            deployment=details.deployment or None,
            stream=details.stream,
            severity=details.severity,
            figures=details.figures,
            began_at=details.began_at,
        )
        yield event, f"alarm {event.subject}", details, alarm
