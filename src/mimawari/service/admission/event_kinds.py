"""What the ledger is told of alerts: opened, and closed before anybody decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mimawari.records.closing import Closing
from mimawari.records.event import register
from mimawari.records.principal import Principal
from mimawari.service.admission.models import TOLD
from mimawari.service.audit.record import record_all

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mimawari.records.standing import Standing
    from mimawari.service.admission.models import Alert

ADMITTER = Principal("system", "admitter", "admitter")


class AlertDetails(msgspec.Struct, frozen=True):
    """An alert of the list or of chance; its row changes with what becomes of it."""

    listing_version: int
    topic: str


class AlertClosed(msgspec.Struct, frozen=True):
    """An alert that was closed without a decision, and why."""

    listing_version: int
    topic: str
    reason: Closing


class AlertSpared(msgspec.Struct, frozen=True):
    """An alert that nobody decided before policy trusted or exempted its seller."""

    listing_version: int
    topic: str
    standing: str
    score: float


ALERT = register("alert", AlertDetails)
ALERT_CLOSED = register("alert_closed", AlertClosed)
ALERT_SPARED = register("alert_spared", AlertSpared)


def record_opened(alerts: Iterable[Alert]) -> None:
    """Write an event for each alert that was just opened, within its transaction."""
    details = [(alert.pk, AlertDetails(alert.listing_version_id, alert.topic)) for alert in alerts]
    record_all(ALERT, details, ADMITTER)


def record_closed(alerts: Iterable[tuple[Alert, Closing]], principal: Principal = ADMITTER) -> None:
    """Write an event for each alert that was closed just now, but for those never told of."""
    details = [
        (alert.pk, AlertClosed(alert.listing_version_id, alert.topic, reason))
        for alert, reason in alerts
        if alert.purpose in TOLD
    ]
    record_all(ALERT_CLOSED, details, principal)


def record_spared(alerts: Iterable[tuple[Alert, Standing]]) -> None:
    """Write an event for each alert that was closed by how its seller stands."""
    details = [
        (alert.pk, AlertSpared(alert.listing_version_id, alert.topic, str(standing), alert.score))
        for alert, standing in alerts
    ]
    record_all(ALERT_SPARED, details, ADMITTER)
