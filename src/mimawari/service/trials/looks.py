"""The evidence of a trial over time, thinned out to what a picture can show."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import F, Max

from mimawari.service.trials.models import TrialLook

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mimawari.service.trials.models import Trial

MOST_POINTS = 300
_NAMES = ("steps", "reviews", "log_e", "log_f", "low", "high", "dispersion")


@dataclass(frozen=True, slots=True)
class Looks:
    """Columns of a trial's looks, in the order of the steps.

    ``promote`` and ``reject`` are the shares of the evidence that a decision needs: 1 decides.
    ``low`` and ``high`` bound the difference in Precision@K; NaN where there was none yet.
    """

    steps: list[int]
    reviews: list[int]
    log_e: list[float]
    log_f: list[float]
    promote: list[float]
    reject: list[float]
    low: list[float]
    high: list[float]

    def __len__(self) -> int:
        return len(self.steps)


def looks_of(trial: Trial, most: int = MOST_POINTS) -> Looks:
    """Read a trial's looks: of each stretch of steps the last one, so also the very last.

    However many reviews a trial took, the page draws at most ``most`` points.
    """
    mine = TrialLook.objects.filter(trial=trial)
    last = mine.aggregate(last=Max("steps"))["last"]
    if last is None:
        return Looks([], [], [], [], [], [], [], [])
    stretches = mine.annotate(stretch=F("steps") * most / (last + 1)).values("stretch")
    newest = stretches.annotate(newest=Max("pk")).values_list("newest", flat=True)
    rows = TrialLook.objects.filter(pk__in=list(newest)).order_by("steps", "pk")
    return _columns(list(rows.values_list(*_NAMES)), trial)


def newest_looks(trials: Sequence[Trial]) -> dict[int, Looks]:
    """Give each trial's newest look, by the trials' numbers, with one query."""
    newest = TrialLook.objects.filter(trial__in=trials).order_by().values("trial_id")
    numbers = newest.annotate(newest=Max("pk")).values("newest")
    rows = TrialLook.objects.filter(pk__in=numbers).values_list("trial_id", *_NAMES)
    columns_by_trial = {trial: [columns] for trial, *columns in rows}
    return {trial.pk: _columns(columns_by_trial.get(trial.pk, []), trial) for trial in trials}


def _columns(rows: Sequence[Sequence[float | None]], trial: Trial) -> Looks:
    alpha, beta = trial.design.get("alpha", 0.05), trial.design.get("beta", 0.10)
    limit = trial.design.get("phi_limit", 1.1)
    looks = Looks([], [], [], [], [], [], [], [])
    for steps, reviews, log_e, log_f, low, high, dispersion in rows:
        assert steps is not None
        assert reviews is not None
        assert log_e is not None
        assert log_f is not None
        # Days that vary more than chance explains ask for more evidence (facts on dispersion).
        factor = dispersion if dispersion is not None and dispersion > limit else 1.0
        looks.steps.append(int(steps))
        looks.reviews.append(int(reviews))
        looks.log_e.append(log_e)
        looks.log_f.append(log_f)
        looks.promote.append(log_e / (factor * math.log(1 / alpha)))
        looks.reject.append(log_f / math.log(1 / beta))
        looks.low.append(math.nan if low is None else low)
        looks.high.append(math.nan if high is None else high)
    return looks
