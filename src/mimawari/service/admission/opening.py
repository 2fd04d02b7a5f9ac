"""Opens what a merge admitted, and says of each candidate what became of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from mimawari.service.actions import hiding
from mimawari.service.admission.models import Alert, Purpose
from mimawari.service.admission.priorities import drawn, ordinary_priorities
from mimawari.service.scoring.models import Candidate, CandidateState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mimawari.service.admission.merging import ListMerge
    from mimawari.service.admission.waiting import Waiting


def waiting_for_review(alert: Alert) -> hiding.Waiting:
    """Give an alert as hiding takes it: by its first-stage score, whatever ranks it."""
    return hiding.Waiting(alert.pk, alert.listing_version_id, alert.score)


def open_listed(merge: ListMerge) -> list[Alert]:
    """Open what came into the list."""
    priorities = merge.priorities()
    return Alert.objects.bulk_create(
        Alert(
            listing_version_id=candidate.version,
            topic=merge.topic,
            day=merge.day,
            score=candidate.score,
            priority=priorities.get(candidate.version, candidate.score),
            probability=candidate.probability,
            created_at=merge.now,
        )
        for candidate in merge.opened.values()
    )


def open_explored(merge: ListMerge, explored: Sequence[Waiting]) -> list[Alert]:
    """Open what chance chose, beside the list; what the day has no room for is tomorrow's."""
    priorities = ordinary_priorities(merge.topic, merge.day) if explored else []
    return Alert.objects.bulk_create(
        Alert(
            listing_version_id=candidate.version,
            topic=merge.topic,
            day=merge.day if place < merge.room else merge.day + timedelta(days=1),
            purpose=Purpose.EXPLORATION,
            score=candidate.score,
            priority=drawn(priorities, candidate.score),
            probability=candidate.probability,
            created_at=merge.now,
        )
        for place, candidate in enumerate(explored)
    )


def settle_candidates(
    waiting: Sequence[Waiting], merge: ListMerge, explored: Sequence[Waiting]
) -> None:
    """Say of each candidate what became of it."""
    admitted = {*merge.opened, *(candidate.version for candidate in explored)}
    states: dict[CandidateState, list[int]] = {}
    for candidate in waiting:
        if candidate.gone:
            state = CandidateState.SUPERSEDED
        elif candidate.in_round:
            state = CandidateState.IN_ROUND
        elif candidate.version in admitted:
            state = CandidateState.ADMITTED
        elif merge.holds(candidate.version):
            state = CandidateState.HELD
        else:
            state = CandidateState.REFUSED
        states.setdefault(state, []).append(candidate.id)
    for state, ids in states.items():
        Candidate.objects.filter(id__in=ids).update(state=state)
    Candidate.objects.filter(
        topic=merge.topic, listing_version_id__in=merge.displaced, state=CandidateState.ADMITTED
    ).update(state=CandidateState.DISPLACED)
