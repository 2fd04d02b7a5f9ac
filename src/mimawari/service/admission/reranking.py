"""The list of a topic with a second stage: the best K by rank among the best m x K by score.

What is on it when all is answered does not depend on the order in which listings and answers came.
Nothing that is not among the best m x K of the first stage can come onto it, and K is K.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.alerts.capacity import DayTopK
from mimawari.alerts.floors import LEAST_SCORE
from mimawari.service.admission.lists import held
from mimawari.service.admission.models import Alert, AlertState, Place, Purpose
from mimawari.service.admission.pool import Member, members_of, newcomer, write_questions
from mimawari.service.admission.stage_terms import StageTerms
from mimawari.service.admission.waiting import Waiting, spared
from mimawari.service.scoring.models import Candidate, CandidateState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from mimawari.records.manifest import TopicEntry


class RerankedMerge:
    """The running top K of a topic with a second stage; see `ListMerge`."""

    def __init__(self, topic: str, day: date, entry: TopicEntry, now: datetime) -> None:
        assert entry.stage is not None
        self.topic, self.day, self.now, self._entry = topic, day, now, entry
        self._terms = StageTerms.of(topic, day, entry.stage, now)
        alerts = Alert.objects.filter(topic=topic, day=day)
        self.room = max(0, entry.capacity - alerts.filter(held(now)).count())
        self.opened: dict[int, Waiting] = {}
        self.displaced: set[int] = set()
        self._again: list[Alert] = []
        self._pool: DayTopK[int] = DayTopK(entry.considered)
        self._members: dict[int, Member] = {}
        for member in members_of(topic, day, self._terms, now):
            self._enter(member)

    def _enter(self, member: Member) -> None:
        """Let one of the best m x K so far in; whoever falls out of them leaves."""
        self._members[member.version] = member
        if member.gone:
            member.leave()
            return
        admitted = self._pool.offer(member.score, member.version, member.tie)
        if admitted is None:
            member.leave()
        elif admitted.displaced is not None:
            self._members[admitted.displaced].leave()

    def offer(self, candidate: Waiting) -> None:
        """Let a candidate in, where it is among the best m x K."""
        if candidate.score >= LEAST_SCORE:
            self._enter(newcomer(candidate, self.topic, self.day, self._terms, self.now))

    def beside(self, explored: Sequence[Waiting]) -> list[Waiting]:
        """Choose the list; gives what chance chose and is not on it."""
        self._weigh()
        alerts = self._alerts()
        waiting = [m for m in self._members.values() if self._competes(m, alerts)]
        order = sorted(waiting, key=lambda m: (m.question.rank, m.tie), reverse=True)
        order = self._without_spared(order, alerts)
        by_chance = {candidate.version for candidate in explored}
        by_chance |= {m.version for m in order if m.version in alerts and m.probability is not None}
        extra: set[int] = set()
        while more := by_chance - extra - {m.version for m in order[: self._left(extra)]}:
            extra |= more
        self._take(order[: self._left(extra)], alerts)
        beside = [candidate for candidate in explored if candidate.version in extra]
        for candidate in beside:  # it is looked at, whatever an answer says
            if candidate.version in self._members:
                self._members[candidate.version].leave()
        return beside

    def holds(self, version: int) -> bool:
        """Whether a candidate waits for its answer."""
        member = self._members.get(version)
        return member is not None and member.question.place == Place.HELD

    def priorities(self) -> Mapping[int, float]:
        """Give the ranks."""
        return {
            version: member.question.rank
            for version, member in self._members.items()
            if member.question.rank is not None
        }

    def finish(self) -> list[Alert]:
        """Write questions, candidates that wait no more and changed priorities."""
        for alert in self._again:
            alert.state, alert.created_at = AlertState.OPEN, self.now
            alert.priority = self._members[alert.listing_version_id].question.rank or alert.score
        Alert.objects.bulk_update(self._again, ("state", "created_at", "priority"), batch_size=500)
        write_questions(list(self._members.values()))
        self._settle_held()
        return self._again

    @property
    def floor(self) -> float:
        """The score to beat: that of the best m x K."""
        return self._pool.floor

    def _left(self, extra: set[int]) -> int:
        return max(0, self.room - len(extra))

    def _weigh(self) -> None:
        """Give each member that competes its rank."""
        members = [m for m in self._members.values() if m.question.place != Place.OUT]
        competing = [m for m in members if m.competes(self.now, self._terms.spent)]
        answers = {m.version: m.answer for m in competing if m.answer is not None}
        ranked = [m for m in competing if m.version in answers and self._terms.stage.ranks]
        scores = [m.score for m in ranked]
        together = self._terms.weights.apply(scores, [answers[m.version] for m in ranked])
        ranks = dict(zip((m.version for m in ranked), together.tolist(), strict=True))
        for member in competing:
            number = self._terms.number if member.version in ranks else None
            rank = ranks.get(member.version, member.score)
            member.note(rank=rank, weights=number, place=Place.RANKED)
            if member.answered:
                member.note(awaits=False)

    def _alerts(self) -> dict[int, list[Alert]]:
        """Give the topic's alerts of the best m x K, by version."""
        rows = Alert.objects.filter(topic=self.topic, listing_version__in=list(self._members))
        alerts: dict[int, list[Alert]] = {}
        for alert in rows:
            alerts.setdefault(alert.listing_version_id, []).append(alert)
        return alerts

    def _competes(self, member: Member, alerts: Mapping[int, list[Alert]]) -> bool:
        """Whether a member competes for a place: nobody decided it, holds it, or closed it."""
        if member.question.place != Place.RANKED:
            return False
        return all(
            alert.purpose == Purpose.TOP_K
            and (alert.state == AlertState.DISPLACED or self._is_free(alert))
            for alert in alerts.get(member.version, ())
        )

    def _is_free(self, alert: Alert) -> bool:
        unheld = alert.leased_until is None or alert.leased_until <= self.now
        return alert.state == AlertState.OPEN and unheld

    def _without_spared(
        self, order: list[Member], alerts: Mapping[int, list[Alert]]
    ) -> list[Member]:
        """Leave out whose sellers policy spares by now, where no alert was opened for them."""
        new = [_waiting(m) for m in order if m.version not in alerts]
        out = spared(self.topic, self._entry, new, self.now)
        return [m for m in order if m.version not in out]

    def _take(self, chosen: Sequence[Member], alerts: Mapping[int, list[Alert]]) -> None:
        """Sort out what is opened, open again, and open no more."""
        listed = Alert.objects.filter(
            topic=self.topic, day=self.day, state=AlertState.OPEN, purpose=Purpose.TOP_K
        )
        free = set(listed.exclude(held(self.now)).values_list("listing_version_id", flat=True))
        self.displaced = free - {m.version for m in chosen}
        moved = []
        for member in chosen:
            known = alerts.get(member.version)
            if not known:
                self.opened[member.version] = _waiting(member)
                continue
            (alert,) = known
            if alert.state == AlertState.DISPLACED:
                self._again.append(alert)
            elif alert.priority != (rank := member.question.rank or 0.0):
                alert.priority = rank
                moved.append(alert)
        Alert.objects.bulk_update(moved, ("priority",), batch_size=500)

    def _settle_held(self) -> None:
        """Say of candidates that waited, or were refused before, what became of them."""
        states: dict[CandidateState, list[int]] = {}
        again = {alert.listing_version_id for alert in self._again}
        for member in self._members.values():
            if member.state == CandidateState.WAITING:
                continue  # new: settled with the others that are
            if member.version in self.opened or member.version in again:
                states.setdefault(CandidateState.ADMITTED, []).append(member.candidate)
            elif member.state == CandidateState.HELD and member.gone:
                states.setdefault(CandidateState.SUPERSEDED, []).append(member.candidate)
            elif member.state == CandidateState.HELD and member.question.place != Place.HELD:
                states.setdefault(CandidateState.REFUSED, []).append(member.candidate)
        for state, candidates in states.items():
            Candidate.objects.filter(pk__in=candidates).update(state=state)


def _waiting(member: Member) -> Waiting:
    return Waiting(
        id=member.candidate,
        version=member.version,
        score=member.score,
        probability=member.probability,
        in_round=False,
        listing_id=member.listing_id,
        seller_id=member.seller_id,
        gone=member.gone,
    )
