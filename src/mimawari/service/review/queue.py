"""Who reviews what next: leases, decisions and undo, safe between moderators."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
from django.conf import settings
from django.db import transaction
from django.db.models import Q

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.accounts.authority import of_user, principal_of
from mimawari.service.accounts.permissions import Permission
from mimawari.service.admission.lists import GONE
from mimawari.service.admission.models import WAITING, Alert, AlertState, Purpose
from mimawari.service.audit.record import record
from mimawari.service.catalogue.topic_files import topic_file_of
from mimawari.service.intake.models import State
from mimawari.service.platform import clock
from mimawari.service.review import event_kinds, golden, second
from mimawari.service.review.gone import Gone, ItemGoneError
from mimawari.service.review.holding import SCORED, Held, held_by, locked, require_topic
from mimawari.service.review.models import Decision, Note, Verdict
from mimawari.service.review.passing import was_escalated
from mimawari.service.review.rulings import Decided, act_on
from mimawari.service.review.words import note_of

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from django.contrib.auth.models import AbstractBaseUser
    from django.db.models import QuerySet

    from mimawari.service.accounts.permissions import Authority


def next_alert(
    moderator: AbstractBaseUser,
    topics: Collection[str] | None = None,
    besides: Collection[int] = (),
    without: Collection[int] = (),
    authority: Authority | None = None,
    escalated: bool = False,
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
    escalated
        Whether to take from what moderators left to a lead instead.
    """
    now, authority = clock.database_now(), authority or of_user(moderator)
    needed = {Permission.REVIEW, Permission.ESCALATED} if escalated else {Permission.REVIEW}
    if not needed <= authority.permissions:
        return None
    state = AlertState.ESCALATED if escalated else AlertState.OPEN
    with transaction.atomic():
        queue = _for_moderator(moderator, state)
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
        if Alert.objects.filter(mine, state=state).exclude(pk__in=passed_over).exists():
            alert = queue.filter(mine).order_by(*order).first()
        if alert is None and (alert := free.order_by(*order).first()) is not None and not escalated:
            alert = golden.instead_of(alert, moderator) or alert
        if alert is not None:
            _lease(alert, moderator, now)
    return alert


def _for_moderator(moderator: AbstractBaseUser, state: AlertState) -> QuerySet[Alert]:
    """Give the alerts of a state that a moderator may be given, each locked as it is read."""
    # SQLite's write transactions exclude each other; PostgreSQL locks the row.
    queue = Alert.objects.select_for_update(skip_locked=True, of=("self",))
    queue = queue.select_related(*SCORED)
    queue = queue.filter(state=state).exclude(not_for_id=moderator.pk)
    # A golden item is for the moderator it was opened for.
    queue = queue.filter(~Q(purpose=Purpose.GOLDEN) | Q(leased_by_id=moderator.pk))
    # What was escalated is decided all the same.
    return queue if state == AlertState.ESCALATED else queue.exclude(GONE)


class Judgement(msgspec.Struct, frozen=True):
    """A verdict as somebody gives it: with the clause that is violated, and a note."""

    verdict: str
    clause: str = ""
    note: str = ""


def decide(
    alert: Alert,
    moderator: AbstractBaseUser,
    judgement: str | Judgement,
    seconds: float,
    authority: Authority | None = None,
) -> Decision:
    """Record the verdict of the moderator who holds the alert, and let actions follow it.

    Raises
    ------
    InvalidInputError
        Where the verdict or the clause is unknown, a clause is missing, or the note is too long.
    ItemGoneError
        Where the alert is closed or another's by now.
    ForbiddenError
        Where the moderator does not review the alert's topic (any more).
    """
    authority = authority or of_user(moderator)
    judgement = Judgement(judgement) if isinstance(judgement, str) else judgement
    require_topic(authority, alert.topic)
    if judgement.verdict not in Verdict.values or judgement.verdict == Verdict.UNDONE:
        problem = f"{judgement.verdict[:20]!r} is unknown"
        remedy = "violates, does_not_violate or cannot_tell"
        raise InvalidInputError(FieldProblem("verdict", problem, remedy))
    note = note_of(judgement.note)
    with transaction.atomic():
        current, acted_on = held_by(alert, moderator, authority)
        _check_clause(current, judgement)
        decision = _record(current, moderator, judgement, seconds)
        if note:
            details = event_kinds.NoteDetails(note)
            event = record(event_kinds.NOTE, decision.pk, principal_of(moderator), details)
            Note.objects.create(decision=decision, event=event, text=note)
        current.state = AlertState.DECIDED
        current.leased_by_id = current.leased_until = None
        current.save(update_fields=("state", "leased_by", "leased_until"))
        second.after_decision([current], moderator.pk, judgement.verdict, decision.decided_at)
        act_on([Decided(current, decision, acted_on)], moderator)
    return decision


def _check_clause(alert: Alert, judgement: Judgement) -> None:
    """Refuse a clause that the policy under which the item is judged does not have."""
    if judgement.verdict == Verdict.VIOLATES:
        entry = alert.generation.manifest.topics[alert.topic]
        topic_file_of(alert.topic, entry).check_clause(judgement.clause)
    elif judgement.clause:
        problem = f"is of no use with {judgement.verdict}"
        raise InvalidInputError(FieldProblem("clause", problem, "give it with violates only"))


def undo(moderator: AbstractBaseUser, number: int | None = None) -> Alert | None:
    """Take back a decision of the moderator and lease its alert to them again.

    None where there is nothing to undo, the alert was closed for another reason, or its topic
    is not the moderator's any more.

    Parameters
    ----------
    number
        The alert; that of the moderator's last decision where it is None.
    """
    authority = of_user(moderator)
    with transaction.atomic():
        standing = _standing(moderator)
        if number is not None:
            standing = standing.filter(alert_id=number)
        last = standing.order_by("-id").first()
        if last is None:
            return None
        held = locked(last.alert_id)
        alert = held.alert
        if alert.state != AlertState.DECIDED or not authority.may(Permission.REVIEW, alert.topic):
            return None
        return _take_back(last, held, moderator)


def reopen(moderator: AbstractBaseUser, number: int) -> Alert:
    """Take back any decision of the moderator that stands, and lease its alert to them again.

    Raises
    ------
    InvalidInputError
        It is none of theirs, or taken back already.
    ItemGoneError
        The listing was edited or erased since, or the alert closed otherwise.
    ForbiddenError
        The moderator does not review its topic any more.
    """
    authority = of_user(moderator)
    with transaction.atomic():
        mine = Decision.objects.filter(pk=number, moderator_id=moderator.pk)
        alert = mine.values_list("alert_id", flat=True).first()
        held = None if alert is None else locked(alert)
        # Read once the alert is locked: another tab may have taken it back.
        decision = _standing(moderator).filter(pk=number).first()
        if held is None or decision is None:
            problem = f"{number} is none of yours that stands"
            raise InvalidInputError(FieldProblem("decision", problem, "see the list"))
        require_topic(authority, held.alert.topic)
        gone = {State.SUPERSEDED: Gone.EDITED, State.ERASED: Gone.ERASED}
        if (state := State(held.alert.listing_version.state)) in gone:
            raise ItemGoneError(gone[state])
        if held.alert.state != AlertState.DECIDED:
            raise ItemGoneError(Gone.WITHDRAWN)
        return _take_back(decision, held, moderator)


def _standing(moderator: AbstractBaseUser) -> QuerySet[Decision]:
    """Give the decisions of a moderator that stand; see `groups` for those from search."""
    standing = Decision.objects.filter(moderator_id=moderator.pk, replaced_by=None)
    standing = standing.exclude(alert__purpose=Purpose.SEARCH)
    return standing.exclude(verdict=Verdict.UNDONE)


def _take_back(decision: Decision, held: Held, moderator: AbstractBaseUser) -> Alert:
    alert, acted_on = held
    undone = _record(alert, moderator, Judgement(Verdict.UNDONE), 0.0, decision)
    second.after_undo([alert])
    alert.state = AlertState.ESCALATED if was_escalated(alert) else AlertState.OPEN
    _lease(alert, moderator, clock.database_now())
    act_on([Decided(alert, undone, acted_on)], moderator)
    return alert


def release(alert: Alert, moderator: AbstractBaseUser) -> None:
    """Give a lease back, so that another moderator gets the alert at once."""
    held = Alert.objects.filter(pk=alert.pk, leased_by_id=moderator.pk, state__in=WAITING)
    held.filter(purpose=Purpose.GOLDEN).update(state=AlertState.EXPIRED)
    held.update(leased_by=None, leased_until=None)


def already_said(alert: Alert, moderator: AbstractBaseUser, verdict: str, clause: str = "") -> bool:
    """Whether this moderator's standing decision on the alert says just that."""
    standing = Decision.objects.filter(alert=alert, replaced_by=None, clause=clause or None)
    return standing.filter(moderator_id=moderator.pk, verdict=verdict).exists()


def _lease(alert: Alert, moderator: AbstractBaseUser, now: datetime) -> None:
    alert.leased_by_id = moderator.pk
    alert.leased_until = now + timedelta(seconds=settings.CONFIG.lease_seconds)
    alert.save(update_fields=("state", "leased_by", "leased_until"))


def _record(
    alert: Alert,
    moderator: AbstractBaseUser,
    judgement: Judgement,
    seconds: float,
    replaces: Decision | None = None,
) -> Decision:
    generation = alert.generation if replaces is None else replaces.generation
    decision = Decision.objects.create(
        alert=alert,
        moderator_id=moderator.pk,
        verdict=judgement.verdict,
        clause=judgement.clause or None,
        policy_version=generation.manifest.topics[alert.topic].topic_file,
        generation=generation,
        decided_at=clock.database_now(),
        seconds=seconds,
        replaces=replaces,
    )
    kind = event_kinds.UNDO if replaces else event_kinds.DECISION
    record(kind, decision.pk, principal_of(moderator), event_kinds.decision_details(decision))
    return decision
