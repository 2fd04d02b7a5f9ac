"""What a moderator does not decide: skipped with a reason, or escalated to a lead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from mimawari.service.accounts.authority import principal_of
from mimawari.service.admission.models import AlertState, Purpose
from mimawari.service.audit.record import record
from mimawari.service.platform import clock
from mimawari.service.review import event_kinds
from mimawari.service.review.holding import held_by
from mimawari.service.review.models import PassedOn, Passing
from mimawari.service.review.words import reason_of

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

    from mimawari.service.accounts.permissions import Authority
    from mimawari.service.admission.models import Alert

_KINDS = {Passing.SKIPPED: event_kinds.SKIP, Passing.ESCALATED: event_kinds.ESCALATION}


def skip(
    alert: Alert, moderator: AbstractBaseUser, reason: str, authority: Authority | None = None
) -> None:
    """Give an item back for others to decide, and say why.

    Raises
    ------
    InvalidInputError
        The reason is empty or too long, or the moderator does not hold the item.
    """
    with transaction.atomic():
        current = _pass_on(alert, moderator, Passing.SKIPPED, reason, authority)
        if current.purpose == Purpose.GOLDEN:
            current.state = AlertState.EXPIRED
        _free(current)


def escalate(
    alert: Alert, moderator: AbstractBaseUser, reason: str, authority: Authority | None = None
) -> None:
    """Leave an item to a lead, and say why; no moderator gets it any more.

    A golden item is known already: it is closed.

    Raises
    ------
    InvalidInputError
        The reason is empty or too long, or the moderator does not hold the item.
    """
    with transaction.atomic():
        current = _pass_on(alert, moderator, Passing.ESCALATED, reason, authority)
        golden = current.purpose == Purpose.GOLDEN
        current.state = AlertState.EXPIRED if golden else AlertState.ESCALATED
        _free(current)


def was_escalated(alert: Alert) -> bool:
    """Whether a moderator left the item to a lead."""
    return PassedOn.objects.filter(alert=alert, passing=Passing.ESCALATED).exists()


def _pass_on(
    alert: Alert,
    moderator: AbstractBaseUser,
    passing: Passing,
    reason: str,
    authority: Authority | None,
) -> Alert:
    text = reason_of(reason)
    current = held_by(alert, moderator, authority).alert
    row = PassedOn(
        alert=current,
        place=PassedOn.objects.filter(alert=current).count() + 1,
        moderator_id=moderator.pk,
        passing=passing,
        reason=text,
        at=clock.database_now(),
    )
    subject, details = event_kinds.passed_on_subject(row), event_kinds.passed_on_details(row)
    row.event = record(_KINDS[passing], subject, principal_of(moderator), details)
    row.save(force_insert=True)
    return current


def _free(alert: Alert) -> None:
    alert.leased_by_id = alert.leased_until = None
    alert.save(update_fields=("state", "leased_by", "leased_until"))
