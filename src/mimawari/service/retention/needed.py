"""Which listing versions something still needs, whatever day they are of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import ForeignObjectRel

from mimawari.service.admission.models import Answer, Question
from mimawari.service.intake.models import Ending, ListingVersion, State
from mimawari.service.media.models import Snapshot, SnapshotState
from mimawari.service.scoring.models import Candidate, CandidateState, Rescore, Score

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from django.db.models import Model, QuerySet

BESIDE: tuple[type[Model], ...] = (Answer, Question, Candidate, Snapshot, Rescore)
PARTS: tuple[type[Model], ...] = (*BESIDE, Score, Ending)
"""What belongs to a listing version and goes with it."""
PART = "listing_version_id"
"""Their column with its number."""
_UNDER_WAY = (CandidateState.WAITING, CandidateState.IN_ROUND, CandidateState.HELD)


def needed(numbers: Sequence[int]) -> dict[int, str]:
    """Give what needs those of the listing versions that something needs.

    Every table that refers to listing versions keeps them, those of ``PARTS`` apart: what an
    alert, a golden item or a trial shows must be there for as long as they are.
    """
    reasons: dict[int, str] = {}
    for reason, rows in _needing(numbers):
        for number in rows:
            reasons.setdefault(number, reason)
    return reasons


def _needing(numbers: Sequence[int]) -> Iterator[tuple[str, QuerySet[Model, int]]]:
    for relation in ListingVersion._meta.get_fields(include_hidden=True):
        if isinstance(relation, ForeignObjectRel) and relation.field.model not in PARTS:
            model, column = relation.field.model, relation.field.name
            rows = model._default_manager.filter(**{f"{column}__in": numbers})
            yield f"{model._meta.verbose_name_plural}", rows.values_list(column, flat=True)
    waiting = ListingVersion.objects.filter(pk__in=numbers, state=State.PENDING)
    yield "waiting to be scored", waiting.values_list("pk", flat=True)
    for reason, rows in (
        ("waiting for a list", Candidate.objects.filter(state__in=_UNDER_WAY)),
        ("waiting for a picture", Snapshot.objects.filter(state=SnapshotState.PENDING)),
    ):
        of_these = rows.filter(listing_version_id__in=numbers)
        yield reason, of_these.values_list("listing_version_id", flat=True)
