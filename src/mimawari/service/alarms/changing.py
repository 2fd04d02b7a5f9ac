"""Changes of an alarm's state: the row, an event, and a line of a mail where e-mail is set up."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.records.alarm import AlarmState
from mimawari.service.accounts.authority import require
from mimawari.service.accounts.permissions import Permission
from mimawari.service.alarms.event_kinds import KIND_OF, alarm_details
from mimawari.service.alarms.models import Alarm, MailLine
from mimawari.service.audit.record import record
from mimawari.service.platform import clock

if TYPE_CHECKING:
    from datetime import datetime

    from mimawari.records.principal import Principal

MOST_REASON = 1_000
TOLD_BY_MAIL = (AlarmState.OPENED, AlarmState.RESOLVED)


class UnknownAlarmError(InvalidInputError):
    """There is no alarm of this number."""


def acknowledge(
    number: int, principal: Principal, reason: str, until: datetime | None = None
) -> Alarm:
    """Say that somebody looks after an alarm, until a time where one is given.

    Raises
    ------
    InvalidInputError
        It is unknown or resolved, or the reason or the time is wrong.
    ForbiddenError
        The principal may not.
    """
    now = clock.database_now()
    if until is not None and until <= now:
        raise InvalidInputError(FieldProblem("until", "is over", "give a time to come"))
    with transaction.atomic():
        alarm = _known(number, principal, reason)
        if alarm.state == AlarmState.RESOLVED:
            remedy = "a new occurrence opens a new alarm"
            raise InvalidInputError(FieldProblem("alarm", f"{number} is resolved", remedy))
        alarm.until = until.astimezone(UTC) if until else None
        return change(alarm, AlarmState.ACKNOWLEDGED, principal, reason.strip(), now)


def resolve(number: int, principal: Principal, reason: str) -> Alarm:
    """Say that an alarm is over; once, however often it is asked.

    Raises
    ------
    InvalidInputError
        It is unknown, or the reason is missing or too long.
    ForbiddenError
        The principal may not.
    """
    now = clock.database_now()
    with transaction.atomic():
        alarm = _known(number, principal, reason)
        if alarm.state == AlarmState.RESOLVED:
            return alarm
        return change(alarm, AlarmState.RESOLVED, principal, reason.strip(), now)


def change(
    alarm: Alarm, state: AlarmState, principal: Principal, reason: str, now: datetime
) -> Alarm:
    """Write an alarm that is new or locked, in another state, within the caller's transaction."""
    alarm.state, alarm.changed_at = state, now
    alarm.actor, alarm.note = str(principal), reason
    if state == AlarmState.OPENED:
        alarm.until = None
    if state == AlarmState.RESOLVED:
        alarm.open_key = None
    alarm.save()
    record(KIND_OF[state], alarm.pk, principal, alarm_details(alarm), reason)
    if settings.CONFIG.mail_to and state in TOLD_BY_MAIL:
        MailLine.objects.create(alarm=alarm, state=state, at=now)
    return alarm


def unknown(number: int) -> UnknownAlarmError:
    """Say that there is no alarm of a number."""
    remedy = "see 'mimawari alarms list --all'"
    return UnknownAlarmError(FieldProblem("alarm", f"{number} is unknown", remedy))


def _known(number: int, principal: Principal, reason: str) -> Alarm:
    if not 0 < len(reason.strip()) <= MOST_REASON or "\0" in reason:
        remedy = f"say why, in at most {MOST_REASON} letters"
        raise InvalidInputError(FieldProblem("reason", "is missing or too long", remedy))
    alarm = Alarm.objects.select_for_update().filter(pk=number).first()
    if alarm is None:
        raise unknown(number)
    require(principal, Permission.ALARMS, *([alarm.topic] if alarm.topic else []))
    return alarm
