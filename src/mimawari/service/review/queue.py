"""Who reviews what next: leases, decisions and undo, safe between moderators."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from mimawari.errors import FieldProblem, ForbiddenError, InvalidInputError
from mimawari.service.accounts.authority import of_user, principal_of
from mimawari.service.accounts.permissions import Permission
from mimawari.service.admission.models import Alert, AlertState, Purpose
from mimawari.service.audit.record import record
from mimawari.service.intake.models import State
from mimawari.service.platform import clock
from mimawari.service.review import event_kinds, golden, second
from mimawari.service.review.gone import ItemGoneError, why_gone
from mimawari.service.review.models import Decision, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from django.contrib.auth.models import AbstractBaseUser

    from mimawari.service.accounts.permissions import Authority


def next_alert(
    moderator: AbstractBaseUser,
    topics: Collection[str] | None = None,
    besides: Collection[int] = (),
    without: Collection[int] = (),
    authority: Authority | None = None,
) -> Alert | None:
    """Lease the open alert with the highest score that nobody else holds.

    A moderator who already holds an alert gets it again (a reloaded page).

    Parameters
    ----------
    besides
        Alerts on the moderator's screen or decided but not saved yet: their leases are
        renewed and another one is given.
    without
        Alerts the moderator skipped.
    authority
        What the moderator may do here; what the account may do where it is left out.
    """
    now, authority = clock.database_now(), authority or of_user(moderator)
    if Permission.REVIEW not in authority.permissions:
        return None
    with transaction.atomic():
        # SQLite's write transactions exclude each other; PostgreSQL locks the row.
        queue = Alert.objects.select_for_update(skip_locked=True, of=("self",))
        queue = queue.select_related("listing_version__score__generation")
        queue = queue.filter(state=AlertState.OPEN).exclude(not_for_id=moderator.pk)
        # A golden item is for the moderator it was opened for.
        queue = queue.filter(~Q(purpose=Purpose.GOLDEN) | Q(leased_by_id=moderator.pk))
        # An edit closes the alert of the old text; its admitter may not have come to it yet.
        queue = queue.exclude(purpose=Purpose.TOP_K, listing_version__state=State.SUPERSEDED)
        if besides:
            for on_screen in queue.filter(pk__in=list(besides), leased_by_id=moderator.pk):
                _lease(on_screen, moderator, now)
        if passed_over := [*besides, *without]:
            queue = queue.exclude(pk__in=passed_over)
        if topics is not None:
            queue = queue.filter(topic__in=topics)
        if authority.topics is not None:
            queue = queue.filter(topic__in=authority.topics)
        order = ("-priority", "id")
        mine = Q(leased_by_id=moderator.pk, leased_until__gt=now)
        free = queue.filter(Q(leased_until=None) | Q(leased_until__lte=now))
        alert = None
        if Alert.objects.filter(mine, state=AlertState.OPEN).exclude(pk__in=passed_over).exists():
            alert = queue.filter(mine).order_by(*order).first()
        if alert is None and (alert := free.order_by(*order).first()) is not None:
            alert = golden.instead_of(alert, moderator) or alert
        if alert is not None:
            _lease(alert, moderator, now)
    return alert


def decide(
    alert: Alert,
    moderator: AbstractBaseUser,
    verdict: str,
    seconds: float,
    authority: Authority | None = None,
) -> Decision:
    """Record the verdict of the moderator who holds the alert.

    Raises
    ------
    InvalidInputError
        Where the verdict is unknown.
    ItemGoneError
        Where the alert is closed or another's by now.
    ForbiddenError
        Where the moderator does not review the alert's topic (any more).
    """
    authority = authority or of_user(moderator)
    if not authority.may(Permission.REVIEW, alert.topic):
        problem = f"of the topic {alert.topic} is not among those you review"
        raise ForbiddenError(FieldProblem("alert", problem, "take the next one"))
    if verdict not in Verdict.values or verdict == Verdict.UNDONE:
        raise InvalidInputError(
            FieldProblem(
                "verdict",
                f"{verdict[:20]!r} is unknown",
                "violates, does_not_violate or cannot_tell",
            )
        )
    with transaction.atomic():
        current = _locked(alert.pk)
        if (gone := why_gone(current, moderator.pk)) is not None:
            raise ItemGoneError(gone)
        decision = _record(current, moderator, verdict, seconds)
        current.state = AlertState.DECIDED
        current.leased_by_id = current.leased_until = None
        current.save(update_fields=("state", "leased_by", "leased_until"))
        second.after_decision(current, moderator.pk, verdict, decision.decided_at)
    return decision


def undo(moderator: AbstractBaseUser) -> Alert | None:
    """Take back the moderator's last decision and lease its alert to them again.

    None where there is nothing to undo, the alert was closed for another reason, or its topic
    is not the moderator's any more.
    """
    authority = of_user(moderator)
    with transaction.atomic():
        standing = Decision.objects.filter(moderator_id=moderator.pk, replaced_by=None)
        last = standing.exclude(verdict=Verdict.UNDONE).order_by("-id").first()
        if last is None:
            return None
        alert = _locked(last.alert_id)
        if alert.state != AlertState.DECIDED or not authority.may(Permission.REVIEW, alert.topic):
            return None
        _record(alert, moderator, Verdict.UNDONE, 0.0, last)
        second.after_undo(alert)
        alert.state = AlertState.OPEN
        _lease(alert, moderator, clock.database_now())
    return alert


def release(alert: Alert, moderator: AbstractBaseUser) -> None:
    """Give a lease back, so that another moderator gets the alert at once."""
    held = Alert.objects.filter(pk=alert.pk, leased_by_id=moderator.pk, state=AlertState.OPEN)
    held.filter(purpose=Purpose.GOLDEN).update(state=AlertState.EXPIRED)
    held.update(leased_by=None, leased_until=None)


def already_said(alert: Alert, moderator: AbstractBaseUser, verdict: str) -> bool:
    """Whether this moderator's standing decision on the alert says just that."""
    standing = Decision.objects.filter(alert=alert, replaced_by=None)
    return standing.filter(moderator_id=moderator.pk, verdict=verdict).exists()


def _locked(number: int) -> Alert:
    """Give an alert, locked, with all that a decision on it names."""
    alerts = Alert.objects.select_for_update(of=("self",))
    return alerts.select_related("listing_version__score__generation").get(pk=number)


def _lease(alert: Alert, moderator: AbstractBaseUser, now: datetime) -> None:
    alert.leased_by_id = moderator.pk
    alert.leased_until = now + timedelta(seconds=settings.CONFIG.lease_seconds)
    alert.save(update_fields=("state", "leased_by", "leased_until"))


def _record(
    alert: Alert,
    moderator: AbstractBaseUser,
    verdict: str,
    seconds: float,
    replaces: Decision | None = None,
) -> Decision:
    generation = alert.listing_version.score.generation
    decision = Decision.objects.create(
        alert=alert,
        moderator_id=moderator.pk,
        verdict=verdict,
        policy_version=generation.manifest.topics[alert.topic].topic_file,
        generation=generation,
        decided_at=clock.database_now(),
        seconds=seconds,
        replaces=replaces,
    )
    kind = event_kinds.UNDO if replaces else event_kinds.DECISION
    record(kind, decision.pk, principal_of(moderator), event_kinds.decision_details(decision))
    return decision
