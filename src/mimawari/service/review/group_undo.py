"""Take back what was decided with one press: all of it, or one decision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.accounts.authority import principal_of
from mimawari.service.admission.models import Alert, AlertState, Purpose
from mimawari.service.audit.record import record_all
from mimawari.service.platform import clock
from mimawari.service.review import event_kinds, second
from mimawari.service.review.holding import SCORED, require_topic
from mimawari.service.review.models import Decision, DecisionGroup, PassedOn, Passing, Verdict
from mimawari.service.review.rulings import Decided, act_on

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from django.contrib.auth.models import AbstractBaseUser
    from django.db.models import QuerySet

    from mimawari.service.accounts.permissions import Authority


def take_back(
    number: int, user: AbstractBaseUser, authority: Authority, only: int | None = None
) -> list[Decision]:
    """Take back the decisions of a group that stand, or one of them; gives those taken back.

    An alert that the group had settled waits in the queue again; what was done because of the
    decisions is sent in the opposite. Asked again, nothing is left to take back.

    Parameters
    ----------
    only
        Number of the decision.

    Raises
    ------
    InvalidInputError
        The group is none of theirs, or the decision none of the group's.
    ForbiddenError
        They do not review its topic (any more).
    """
    group = DecisionGroup.objects.filter(pk=number, moderator_id=user.pk).first()
    if group is None:
        problem = FieldProblem("group", f"{number} is none of yours", "see your decisions")
        raise InvalidInputError(problem)
    require_topic(authority, group.topic)
    rows = group.decisions.all()
    if only is not None:
        rows = rows.filter(pk=only)
        if not rows.exists():
            problem = FieldProblem("decision", f"{only} is none of the group's", "see the group")
            raise InvalidInputError(problem)
    with transaction.atomic():
        alerts = _locked(rows)
        # Read once their alerts are locked: another tab may have taken them back.
        standing = rows.filter(replaced_by=None, alert__in=alerts).select_related("generation")
        decisions = list(standing.order_by("pk"))
        if decisions:
            _take_back(decisions, alerts, user)
    return decisions


def _locked(rows: QuerySet[Decision]) -> dict[int, Alert]:
    """Lock the alerts that are decided, for no one to decide or take back meanwhile."""
    known = Alert.objects.filter(pk__in=rows.values("alert"), state=AlertState.DECIDED)
    known = known.select_related(*SCORED, "listing_version__ending").order_by("pk")
    return {alert.pk: alert for alert in known.select_for_update(of=("self",))}


def _take_back(
    decisions: Sequence[Decision], alerts: dict[int, Alert], user: AbstractBaseUser
) -> None:
    undone = _undone(decisions, alerts, user)
    taken_from = [alerts[decision.alert_id] for decision in decisions]
    second.after_undo(taken_from)
    _wait_again(taken_from)
    act_on([Decided(row.alert, row, acted_on=True) for row in undone], user)


def _undone(
    decisions: Sequence[Decision], alerts: dict[int, Alert], user: AbstractBaseUser
) -> list[Decision]:
    now = clock.database_now()
    undone = Decision.objects.bulk_create(
        Decision(
            alert=alerts[decision.alert_id],
            moderator_id=user.pk,
            verdict=Verdict.UNDONE,
            policy_version=decision.policy_version,
            generation=decision.generation,
            decided_at=now,
            seconds=0.0,
            replaces=decision,
        )
        for decision in decisions
    )
    details = [(row.pk, event_kinds.decision_details(row)) for row in undone]
    record_all(event_kinds.UNDO, details, principal_of(user))
    return undone


def _wait_again(alerts: Sequence[Alert]) -> None:
    """Put what had waited into the queue again; what somebody had searched for never did."""
    numbers = [alert.pk for alert in alerts]
    escalated = PassedOn.objects.filter(alert__in=numbers, passing=Passing.ESCALATED)
    for_lead = set(escalated.values_list("alert_id", flat=True))
    others = Decision.objects.filter(alert__in=numbers, replaced_by=None)
    others = others.exclude(verdict=Verdict.UNDONE)
    decided = set(others.values_list("alert_id", flat=True))
    states: dict[AlertState, list[int]] = {state: [] for state in AlertState}
    for alert in alerts:
        alert.state = _state(alert, for_lead, decided)
        states[AlertState(alert.state)].append(alert.pk)
    for state, members in states.items():
        if members:
            Alert.objects.filter(pk__in=members).update(state=state)


def _state(alert: Alert, for_lead: Collection[int], decided: Collection[int]) -> AlertState:
    if alert.pk in decided:  # somebody else said so too
        return AlertState.DECIDED
    if alert.purpose == Purpose.SEARCH:
        return AlertState.EXPIRED
    return AlertState.ESCALATED if alert.pk in for_lead else AlertState.OPEN
