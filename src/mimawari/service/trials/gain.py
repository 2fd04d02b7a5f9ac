"""What running a trial cost or brought in caught violations, against the champion alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Avg, Count, Q

from mimawari.service.review.models import Decision, Verdict
from mimawari.service.trials.models import Kind, Role, TrialItem

if TYPE_CHECKING:
    from mimawari.service.trials.models import Trial


@dataclass(frozen=True, slots=True)
class Gain:
    """Violations found on the items a trial asked for, and by the champion on as many.

    In an experiment a random half of the pairs is reviewed, so the champion alone would have
    found on the other half about what it found on this one: ``found`` are the candidate's
    violations, ``instead`` the champion's. In a back-test ``instead`` is the number of reviews
    times the violation rate of the items that only the champion lists: somewhat too high, since
    the reviews displaced the end of the champion's list.
    """

    found: int
    instead: float
    reviews: int

    @property
    def violations(self) -> int:
        """Violations gained (or lost, negative), rounded."""
        return round(self.found - self.instead)


def gain_of(trial: Trial) -> Gain:
    """Count by the decisions that stand now."""
    standing = Decision.objects.filter(alert__trial_items__trial=trial, replaced_by=None)
    by_role = standing.exclude(verdict=Verdict.UNDONE).values_list("alert__trial_items__role")
    violates = Count("pk", filter=Q(verdict=Verdict.VIOLATES))
    rows = by_role.annotate(n=Count("pk"), violates=violates)
    counted = {role: (n, violating) for role, n, violating in rows}
    reviews, violations = counted.get(Role.CANDIDATE, (0, 0))
    known = TrialItem.objects.filter(trial=trial, role=Role.CHAMPION, known_label__isnull=False)
    known = known.exclude(listing_version=None)  # places that the list left empty
    rate = known.aggregate(rate=Avg("known_label"))["rate"]
    if trial.kind == Kind.BACKTEST and rate is not None:
        return Gain(violations, reviews * rate, reviews)
    return Gain(violations, counted.get(Role.CHAMPION, (0, 0))[1], reviews)
