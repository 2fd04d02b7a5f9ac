"""States of listings and alerts, and scores, in the user's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from mimawari.service.admission.models import AlertState
from mimawari.service.intake.models import EndReason, State

if TYPE_CHECKING:
    from mimawari.service.admission.models import Alert
    from mimawari.service.intake.models import ListingVersion


def score_text(score: float, prior: bool) -> str:
    """Write a score; what only stands for a rule's severity is no probability."""
    return _("rule, no measurement yet") if prior else f"{score:.1%}"


def state_text(version: ListingVersion) -> str:
    """Say in the user's language how far a listing version has come."""
    return {
        State.PENDING: _("waits to be scored"),
        State.SCORED: _("was scored"),
        State.SET_ASIDE: _("set aside after errors"),
        State.SUPERSEDED: _("replaced by a newer version"),
        State.ERASED: _("erased"),
    }[State(version.state)]


def end_text(reason: str) -> str:
    """Say in the user's language why a listing ended."""
    return {
        EndReason.SOLD: _("sold"),
        EndReason.WITHDRAWN: _("withdrawn by the seller"),
        EndReason.REMOVED: _("removed by the marketplace"),
    }[EndReason(reason)]


def alert_text(alert: Alert) -> str:
    """Say in the user's language what became of an alert."""
    return {
        AlertState.OPEN: _("open"),
        AlertState.ESCALATED: _("escalated to a lead"),
        AlertState.DECIDED: _("decided"),
        AlertState.DISPLACED: _("displaced by a higher score"),
        AlertState.SUPERSEDED: _("replaced by a newer version"),
        AlertState.EXPIRED: _("expired"),
        AlertState.ENDED: _("closed: the listing ended"),
        AlertState.SPARED: _("closed: policy trusted or exempted the seller"),
    }[AlertState(alert.state)]
