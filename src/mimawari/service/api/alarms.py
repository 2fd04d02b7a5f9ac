"""Alarms: what is not as it should be, and what somebody does about it."""

from __future__ import annotations

from datetime import datetime  # read by msgspec
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import Meta

from mimawari.errors import ForbiddenError
from mimawari.service.accounts.permissions import Permission
from mimawari.service.alarms import changing, reading
from mimawari.service.alarms.changing import UnknownAlarmError
from mimawari.service.alarms.reading import AlarmShown, shown
from mimawari.service.api import tags
from mimawari.service.api.bodies import NO_BODY, Body
from mimawari.service.api.examples import alarms as examples
from mimawari.service.api.examples.alarms import AlarmAnswer, AlarmList
from mimawari.service.api.operation import Answer, Operation, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mimawari.service.alarms.models import Alarm
    from mimawari.service.api.bodies import Nothing
    from mimawari.service.api.operation import Call

PATH = "/api/v1/alarms"
UNKNOWN = {404: "Unknown alarm"}
Name = Annotated[str, Meta(pattern=r"^[^\x00]*$", max_length=200)]
Why = Annotated[str, Meta(min_length=1, max_length=changing.MOST_REASON)]


class ChosenAlarms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which alarms; all that are not resolved where nothing is named."""

    topic: Annotated[Name, Meta(description="Of this topic only.")] = ""
    state: Annotated[
        Literal["open", "opened", "acknowledged", "resolved", "all"],
        Meta(description="In this state only; open: not resolved."),
    ] = "open"
    before: Annotated[
        int, Meta(ge=0, le=reading.NEWEST, description="Only those with lower numbers.")
    ] = reading.NEWEST
    limit: Annotated[
        int, Meta(ge=1, le=reading.MOST, description="At most so many, the newest.")
    ] = reading.USUAL


class AlarmAddress(msgspec.Struct, frozen=True):
    """Which alarm."""

    alarm: Annotated[int, Meta(ge=1, le=reading.NEWEST, description="The alarm's number.")]


class Acknowledgement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why an alarm needs nobody else, and until when, where that is known."""

    reason: Why
    until: Annotated[datetime, Meta(tz=True)] | None = None


class AlarmReason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why an alarm is over."""

    reason: Why


@Operation(
    method="GET",
    path=PATH,
    id="listAlarms",
    tag=tags.QUALITY,
    summary="What is not as it should be, newest first.",
    permission=Permission.QUALITY,
    parameters=ChosenAlarms(),
    body=NO_BODY,
    answers=(Answer(200, "Alarms", AlarmList, examples.ALARMS),),
)
def list_alarms(call: Call[ChosenAlarms, Nothing]) -> AlarmList:
    """Give alarms, newest first."""
    asked = call.parameters
    alarms = reading.alarms_of(
        topics=call.holder.authority.topics,
        topic=asked.topic,
        state="" if asked.state == "all" else asked.state,
        before=asked.before,
        most=asked.limit + 1,
    )
    page = alarms[: asked.limit]
    return AlarmList(page, page[-1].id if len(alarms) > len(page) else None)


@Operation(
    method="GET",
    path=f"{PATH}/{{alarm}}",
    id="getAlarm",
    tag=tags.QUALITY,
    summary="An alarm: what was measured against what, and in which hours it was seen.",
    permission=Permission.QUALITY,
    parameters=AlarmAddress(7),
    body=NO_BODY,
    answers=(Answer(200, "The alarm", AlarmAnswer, examples.ONE),),
    refusals=UNKNOWN,
)
def get_alarm(call: Call[AlarmAddress, Nothing]) -> AlarmAnswer:
    """Give an alarm."""
    number = call.parameters.alarm
    alarm = reading.alarm(number, call.holder.authority.topics)
    if alarm is None:
        raise _refused(changing.unknown(number))
    return AlarmAnswer(alarm, reading.hours_of(number))


@Operation(
    method="POST",
    path=f"{PATH}/{{alarm}}/acknowledge",
    id="acknowledgeAlarm",
    tag=tags.QUALITY,
    summary="Say that somebody looks after an alarm.",
    permission=Permission.ALARMS,
    parameters=AlarmAddress(7),
    body=Body(Acknowledgement, Acknowledgement("the feed is looked at")),
    answers=(Answer(200, "The alarm", AlarmShown, examples.TAKEN_UP),),
    refusals=UNKNOWN,
)
def acknowledge_alarm(call: Call[AlarmAddress, Acknowledgement]) -> AlarmShown:
    """Acknowledge an alarm."""
    body = call.body
    return _done(
        lambda number: changing.acknowledge(number, call.holder.principal, body.reason, body.until),
        call.parameters.alarm,
    )


@Operation(
    method="POST",
    path=f"{PATH}/{{alarm}}/resolve",
    id="resolveAlarm",
    tag=tags.QUALITY,
    summary="Say that an alarm is over; where it is seen again, a new one is opened.",
    permission=Permission.ALARMS,
    parameters=AlarmAddress(7),
    body=Body(AlarmReason, AlarmReason("the feed was mended")),
    answers=(Answer(200, "The alarm", AlarmShown, examples.OVER),),
    refusals=UNKNOWN,
)
def resolve_alarm(call: Call[AlarmAddress, AlarmReason]) -> AlarmShown:
    """Resolve an alarm; asking twice is harmless."""
    return _done(
        lambda number: changing.resolve(number, call.holder.principal, call.body.reason),
        call.parameters.alarm,
    )


def _done(change: Callable[[int], Alarm], number: int) -> AlarmShown:
    """Change an alarm; one that the key has nothing to do with is unknown to it."""
    try:
        return shown(change(number))
    except UnknownAlarmError as error:
        raise _refused(error) from error
    except ForbiddenError as error:
        raise _refused(changing.unknown(number)) from error


def _refused(error: UnknownAlarmError) -> RefusedError:
    return RefusedError(404, error.problems[0])


ENDPOINTS = (list_alarms, get_alarm, acknowledge_alarm, resolve_alarm)
