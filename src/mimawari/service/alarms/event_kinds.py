"""What the ledger is told of alarms, and how their rows are checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.records.alarm import AlarmDetails, AlarmKind, AlarmSeverity, AlarmState
from mimawari.records.event import register
from mimawari.records.principal import Principal
from mimawari.service.alarms.models import Alarm
from mimawari.service.audit.rows import compare_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

WATCH = Principal("system", "watch", "watch")

ALARM_OPENED = register("alarm_opened", AlarmDetails, "alarms.Alarm")
ALARM_ACKNOWLEDGED = register("alarm_acknowledged", AlarmDetails, "alarms.Alarm")
ALARM_RESOLVED = register("alarm_resolved", AlarmDetails, "alarms.Alarm")
KIND_OF = {
    AlarmState.OPENED: ALARM_OPENED,
    AlarmState.ACKNOWLEDGED: ALARM_ACKNOWLEDGED,
    AlarmState.RESOLVED: ALARM_RESOLVED,
}


def alarm_details(row: Alarm) -> AlarmDetails:
    """Say what an alarm's last event says; what grows while it is open only at its end."""
    state = AlarmState(row.state)
    return AlarmDetails(
        kind=AlarmKind(row.kind),
        topic=row.topic,
        deployment=row.deployment,
        stream=row.stream,
        severity=AlarmSeverity(row.severity),
        figures=row.figures,
        began_at=row.began_at,
        opened_at=row.opened_at,
        state=state,
        until=row.until,
        times=row.times if state == AlarmState.RESOLVED else None,
    )


def _alarms() -> Iterator[tuple[str, AlarmDetails]]:
    for row in Alarm.objects.order_by("pk").iterator():
        yield str(row.pk), alarm_details(row)


compare_rows("alarms.Alarm", _alarms, changes=True)
