"""Reads alarms, and says what somebody does about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict
from urllib.parse import urlencode

import msgspec

from mimawari.client.connection import Connection, decoded

if TYPE_CHECKING:
    from datetime import datetime


class Figures(TypedDict):
    """What was measured, and against what."""

    value: float
    unit: str
    usual: float | None
    low: float | None
    high: float | None
    number: int


class Alarm(TypedDict):
    """Something that is not as it should be; times are ISO 8601."""

    id: int
    kind: str
    topic: str | None
    deployment: str | None
    stream: str
    severity: str
    state: str
    figures: Figures
    latest: Figures
    began_at: str
    opened_at: str
    last_seen_at: str
    times: int
    changed_at: str
    actor: str
    note: str
    until: str | None


class _Alarms(TypedDict):
    alarms: list[Alarm]
    next: int | None


class _Answer(TypedDict):
    alarm: Alarm
    hours: list[dict[str, Any]]


class Alarms(Connection):
    """The part of the client that is about alarms."""

    def alarms(self, state: str = "open", topic: str = "", limit: int = 50) -> list[Alarm]:
        """Give alarms, newest first: ``open`` ones, those of a state, or ``all``."""
        query = urlencode({"state": state, "topic": topic, "limit": str(limit)})
        return decoded(self.ask("GET", f"/api/v1/alarms?{query}", None), _Alarms)["alarms"]

    def alarm(self, number: int) -> Alarm | None:
        """Give one alarm; None where there is none."""
        answer = self.ask("GET", f"/api/v1/alarms/{number}", None, missing=True)
        return None if answer.status_code == 404 else decoded(answer, _Answer)["alarm"]

    def acknowledge_alarm(self, number: int, reason: str, until: datetime | None = None) -> Alarm:
        """Say that somebody looks after an alarm."""
        given = {"reason": reason} | ({"until": until} if until else {})
        return self._change(number, "acknowledge", msgspec.json.encode(given))

    def resolve_alarm(self, number: int, reason: str) -> Alarm:
        """Say that an alarm is over."""
        return self._change(number, "resolve", msgspec.json.encode({"reason": reason}))

    def _change(self, number: int, what: str, body: bytes) -> Alarm:
        return decoded(self.ask("POST", f"/api/v1/alarms/{number}/{what}", body), Alarm)
