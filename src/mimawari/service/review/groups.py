"""Decisions on listings that somebody has found, with or without an alert: a group a press.

A group is recorded once, by its key; its decisions are like any others, with a label, actions and
strikes. Listings that cannot be decided are named in it, and the others are decided.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db import IntegrityError, transaction

from mimawari.errors import FieldProblem, ForbiddenError, InvalidInputError
from mimawari.service.accounts.authority import principal_of
from mimawari.service.accounts.permissions import Permission
from mimawari.service.actions.locks import lock_listings
from mimawari.service.admission.models import Alert, AlertState, Purpose
from mimawari.service.audit.models import Event
from mimawari.service.audit.record import prepared, record, record_all
from mimawari.service.catalogue.topic_files import topic_file_of
from mimawari.service.platform import clock
from mimawari.service.releases import generations
from mimawari.service.review import event_kinds, second
from mimawari.service.review.decidable import Moderator, sort_out
from mimawari.service.review.group_request import GroupRequest, check
from mimawari.service.review.models import Decision, DecisionGroup, Note, Verdict
from mimawari.service.review.rulings import Decided, act_on
from mimawari.service.review.words import note_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.contrib.auth.models import AbstractBaseUser

    from mimawari.detectors.topicfile import TopicFile
    from mimawari.service.accounts.permissions import Authority
    from mimawari.service.releases.models import Generation
    from mimawari.service.review.decidable import Decidable
    from mimawari.service.review.refused import Refused


class KeyTakenError(InvalidInputError):
    """Another request was sent under the same key."""

    def __init__(self, group: int) -> None:
        self.group = group
        problem = f"named another request before, which is group {group}"
        super().__init__(FieldProblem("key", problem, "give each request a key of its own"))


class InForce(msgspec.Struct, frozen=True):
    """The policy by which listings are decided that somebody has found: the one in force."""

    generation: Generation
    file: TopicFile
    version: int


class Outcome(msgspec.Struct, frozen=True):
    """What became of a request; without a group none of the listings could be decided."""

    group: DecisionGroup | None
    refused: tuple[Refused, ...]


def in_force(topic: str, authority: Authority) -> InForce:
    """Give a topic's policy to who decides on it.

    Raises
    ------
    ForbiddenError
        They do not review the topic.
    InvalidInputError
        It is not in force.
    """
    newest = generations.serving()
    entry = newest.manifest.topics.get(topic) if newest else None
    if newest is None or entry is None:
        problem = FieldProblem("topic", f"{topic[:40]!r} is not in force", "name one that is")
        raise InvalidInputError(problem)
    if not authority.may(Permission.REVIEW, topic):
        problem = FieldProblem("topic", f"{topic} is not among those you review", "name another")
        raise ForbiddenError(problem)
    return InForce(newest, topic_file_of(topic, entry), entry.topic_file)


def decide(request: GroupRequest, user: AbstractBaseUser, authority: Authority) -> Outcome:
    """Decide on the listings of a request, as far as they are as they were shown.

    The same request again, by its key, gives what became of it the first time.

    Raises
    ------
    InvalidInputError
        What is asked for cannot be decided, the policy is another one by now, or the key named
        another request.
    ForbiddenError
        The topic is not among those that they review.
    """
    check(request)
    if (before := _before(request, user)) is not None:
        return before
    policy = in_force(request.topic, authority)
    if request.verdict == Verdict.VIOLATES:
        policy.file.check_clause(request.clause)
    elif request.clause:
        problem = f"is of no use with {request.verdict}"
        raise InvalidInputError(FieldProblem("clause", problem, "give it with violates only"))
    if request.policy_version not in (None, policy.version):
        problem = f"is {request.policy_version}; {policy.version} is in force by now"
        remedy = "read the policy again, then decide"
        raise InvalidInputError(FieldProblem("policy_version", problem, remedy))
    note, moderator = note_of(request.note), Moderator(int(user.pk), authority)
    try:
        with transaction.atomic():
            lock_listings([shown.listing_id for shown in request.listings])
            choice = sort_out(request.listings, policy.file, moderator, lock=True)
            if not choice.decidable:
                return _before(request, user) or Outcome(None, choice.refused)
            return _Press(request, user, policy, note).decide(choice.decidable, choice.refused)
    except IntegrityError:
        # The same press was faster on another connection: it has the group by now.
        if (before := _before(request, user)) is None:
            raise
        return before


def _before(request: GroupRequest, user: AbstractBaseUser) -> Outcome | None:
    """Give what became of the same request before; None where it is new."""
    group = DecisionGroup.objects.filter(moderator_id=user.pk, key=request.key).first()
    if group is None:
        return None
    if group.asked != request.digest:
        raise KeyTakenError(group.pk)
    return Outcome(group, event_kinds.group_details(group).refused)


class _Press:
    """One press: what is written of it, within the caller's transaction."""

    def __init__(
        self, request: GroupRequest, user: AbstractBaseUser, policy: InForce, note: str
    ) -> None:
        self._request, self._user, self._policy, self._note = request, user, policy, note
        self._principal, self._now = principal_of(user), clock.database_now()

    def decide(self, decidable: Sequence[Decidable], refused: tuple[Refused, ...]) -> Outcome:
        group = self._group(refused)
        alerts = self._alerts(decidable)
        decisions = self._decisions(group, alerts)
        self._notes(decisions)
        second.after_decision(alerts, int(self._user.pk), self._request.verdict, self._now)
        places = zip(decidable, alerts, decisions, strict=True)
        act_on([Decided(a, d, row.acted_on) for row, a, d in places], self._user)
        return Outcome(group, refused)

    def _group(self, refused: tuple[Refused, ...]) -> DecisionGroup:
        request = self._request
        group = DecisionGroup.objects.create(
            moderator_id=self._user.pk,
            key=request.key,
            asked=request.digest,
            topic=request.topic,
            verdict=request.verdict,
            clause=request.clause or None,
            policy_version=self._policy.version,
            refused=msgspec.to_builtins(refused),
            decided_at=self._now,
        )
        details = event_kinds.group_details(group)
        record(event_kinds.DECISION_GROUP, group.pk, self._principal, details)
        return group

    def _alerts(self, decidable: Sequence[Decidable]) -> list[Alert]:
        """Give the alert of each listing, decided: the one that waited, or one of search."""
        settled = [row.alert.pk for row in decidable if row.alert is not None]
        alerts = [row.alert or self._searched(row) for row in decidable]
        for alert, row in zip(alerts, decidable, strict=True):
            alert.listing_version, alert.judged_under = row.version, self._policy.generation
            alert.state = AlertState.DECIDED
            alert.leased_by = alert.leased_until = None
        if settled:
            Alert.objects.filter(pk__in=settled).update(
                state=AlertState.DECIDED,
                leased_by=None,
                leased_until=None,
                judged_under=self._policy.generation,
            )
        Alert.objects.bulk_create([alert for alert in alerts if alert.pk is None])
        return alerts

    def _searched(self, row: Decidable) -> Alert:
        return Alert(
            listing_version=row.version,
            topic=self._request.topic,
            day=self._now.date(),
            purpose=Purpose.SEARCH,
            score=row.score,
            priority=row.score,
            created_at=self._now,
        )

    def _decisions(self, group: DecisionGroup, alerts: Sequence[Alert]) -> list[Decision]:
        decisions = Decision.objects.bulk_create(
            Decision(
                alert=alert,
                moderator_id=self._user.pk,
                verdict=self._request.verdict,
                clause=self._request.clause or None,
                policy_version=self._policy.version,
                generation=self._policy.generation,
                decided_at=self._now,
                seconds=0.0,
                group=group,
            )
            for alert in alerts
        )
        details = [(row.pk, event_kinds.decision_details(row)) for row in decisions]
        record_all(event_kinds.DECISION, details, self._principal)
        return decisions

    def _notes(self, decisions: Sequence[Decision]) -> None:
        if not self._note:
            return
        details = event_kinds.NoteDetails(self._note)
        events = Event.objects.bulk_create(
            prepared(event_kinds.NOTE, row.pk, self._principal, details) for row in decisions
        )
        Note.objects.bulk_create(
            Note(decision=row, event=event, text=self._note)
            for row, event in zip(decisions, events, strict=True)
        )
