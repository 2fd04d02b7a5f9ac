"""What a moderator does not decide: skipped with a reason, or escalated to a lead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from mimawari.service.accounts.authority import principal_of
from mimawari.service.admission.models import Alert, AlertState, Purpose
from mimawari.service.audit.record import record
from mimawari.service.platform import clock
from mimawari.service.review import event_kinds
from mimawari.service.review.holding import held_by
from mimawari.service.review.models import PassedOn, Passing
from mimawari.service.review.words import reason_of

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

    from mimawari.service.accounts.permissions import Authority

_KINDS = {Passing.SKIPPED: event_kinds.SKIP, Passing.ESCALATED: event_kinds.ESCALATION}


def pass_on(
    passing: Passing,
    alert: Alert,
    moderator: AbstractBaseUser,
    reason: str,
    authority: Authority | None = None,
) -> None:
    """Leave an item to other moderators, or where it is escalated to a lead, and say why.

    A golden item is known already: it is closed.

    Raises
    ------
    InvalidInputError
        The reason is empty or too long, or the moderator does not hold the item.
    """
    text = reason_of(reason)
    with transaction.atomic():
        current = held_by(alert, moderator, authority).alert
        _record(passing, current, moderator, text)
        if current.purpose == Purpose.GOLDEN:
            current.state = AlertState.EXPIRED
        elif passing == Passing.ESCALATED:
            current.state = AlertState.ESCALATED
        current.leased_by_id = current.leased_until = None
        current.save(update_fields=("state", "leased_by", "leased_until"))


def already_passed_on(
    passing: Passing, alert: Alert, moderator: AbstractBaseUser, reason: str
) -> bool:
    """Whether this is what became of an item last: the answer to it was lost."""
    last = PassedOn.objects.filter(alert=alert).order_by("-place").first()
    passed = (passing, moderator.pk, reason.strip())
    return last is not None and (last.passing, last.moderator_id, last.reason) == passed


def escalated_to(authority: Authority) -> int:
    """Count what waits for a lead, of the topics that it has to do with."""
    waiting = Alert.objects.filter(state=AlertState.ESCALATED)
    if authority.topics is not None:
        waiting = waiting.filter(topic__in=authority.topics)
    return waiting.count()


def was_escalated(alert: Alert) -> bool:
    """Whether a moderator left the item to a lead."""
    return PassedOn.objects.filter(alert=alert, passing=Passing.ESCALATED).exists()


def _record(passing: Passing, alert: Alert, moderator: AbstractBaseUser, reason: str) -> None:
    row = PassedOn(
        alert=alert,
        place=PassedOn.objects.filter(alert=alert).count() + 1,
        moderator_id=moderator.pk,
        passing=passing,
        reason=reason,
        at=clock.database_now(),
    )
    subject, details = event_kinds.passed_on_subject(row), event_kinds.passed_on_details(row)
    row.event = record(_KINDS[passing], subject, principal_of(moderator), details)
    row.save(force_insert=True)
