"""The alert that a moderator holds, locked; and why it cannot be decided where it is not theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Exists, OuterRef

from mimawari.errors import FieldProblem, ForbiddenError
from mimawari.service.accounts.authority import of_user
from mimawari.service.accounts.permissions import Permission
from mimawari.service.actions.models import StandingAction, Strike
from mimawari.service.admission.models import Alert, AlertState
from mimawari.service.review.gone import ItemGoneError, why_gone

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

    from mimawari.service.accounts.permissions import Authority

NEXT = "take the next one"
SCORED = (
    "listing_version__score__generation",
    "rescore__generation",
    "rescore__rescan",
    "judged_under",
)
"""What is read with an alert, for `Alert.scored`."""


class EscalatedError(ForbiddenError):
    """A decision of a moderator on what waits for a lead."""

    def __init__(self) -> None:
        super().__init__(FieldProblem("alert", "was escalated: it waits for a lead", NEXT))


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
    alert = alerts.select_related(*SCORED).get(pk=number)
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
    ItemGoneError
        It is closed, for a reason that is named, or another's by now.
    ForbiddenError
        The moderator does not review its topic (any more), or it waits for a lead.
    """
    authority = authority or of_user(moderator)
    require_topic(authority, alert.topic)
    held = locked(alert.pk)
    current = held.alert
    if current.state == AlertState.ESCALATED and not authority.may(Permission.ESCALATED):
        raise EscalatedError
    if (gone := why_gone(current, moderator.pk)) is not None:
        raise ItemGoneError(gone)
    return held
