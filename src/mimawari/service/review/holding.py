"""The alert that a moderator holds, locked; and why it cannot be decided where it is not theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Exists, OuterRef

from mimawari.errors import FieldProblem, ForbiddenError, InvalidInputError
from mimawari.service.accounts.authority import of_user
from mimawari.service.accounts.permissions import Permission
from mimawari.service.actions.models import StandingAction, Strike
from mimawari.service.admission.models import Alert, AlertState
from mimawari.service.intake.models import State

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

    from mimawari.service.accounts.permissions import Authority

NEXT = "take the next one"


class Held(NamedTuple):
    """An alert that is locked, with all that a decision on it names.

    Parameters
    ----------
    acted_on
        Whether any action or strike about its listing and topic may stand.
    """

    alert: Alert
    acted_on: bool


def locked(number: int) -> Held:
    """Lock an alert until the transaction ends."""
    mine = {"listing_id": OuterRef("listing_version__listing_id"), "topic": OuterRef("topic")}
    of_listing = {"listing_version__listing_id": mine["listing_id"], "topic": mine["topic"]}
    standing = Exists(StandingAction.objects.filter(**mine))
    struck = Exists(Strike.objects.filter(**of_listing))
    alerts = Alert.objects.select_for_update(of=("self",)).annotate(acted_on=standing | struck)
    alert = alerts.select_related("listing_version__score__generation").get(pk=number)
    return Held(alert, alert.acted_on)


def require_topic(authority: Authority, topic: str) -> None:
    """Refuse whoever does not review a topic (any more)."""
    if not authority.may(Permission.REVIEW, topic):
        problem = f"of the topic {topic} is not among those you review"
        raise ForbiddenError(FieldProblem("alert", problem, NEXT))


def held_by(alert: Alert, moderator: AbstractBaseUser, authority: Authority | None = None) -> Held:
    """Give the alert, locked, where the moderator may decide it now.

    Raises
    ------
    InvalidInputError
        It is closed, for a reason that is named, or another's by now.
    ForbiddenError
        The moderator does not review its topic (any more), or it waits for a lead.
    """
    authority = authority or of_user(moderator)
    require_topic(authority, alert.topic)
    held = locked(alert.pk)
    current = held.alert
    if current.state == AlertState.ESCALATED and not authority.may(Permission.ESCALATED):
        raise ForbiddenError(FieldProblem("alert", "was escalated: it waits for a lead", NEXT))
    if current.state not in (AlertState.OPEN, AlertState.ESCALATED):
        raise InvalidInputError(FieldProblem("alert", _closed(current), NEXT))
    if current.leased_by_id != moderator.pk:
        raise InvalidInputError(FieldProblem("alert", "is held by another moderator", NEXT))
    return held


def _closed(alert: Alert) -> str:
    """Say why an alert is closed."""
    if alert.listing_version.state == State.ERASED:
        return "is closed: what the seller wrote was erased"
    return {
        AlertState.DECIDED: "is closed: it was decided meanwhile",
        AlertState.SUPERSEDED: "is closed: the listing was edited, its new text is looked at anew",
        AlertState.DISPLACED: "is closed: higher scores took its place",
    }.get(AlertState(alert.state), "is closed")
