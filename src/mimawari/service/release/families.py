"""Trials of several topics that are decided together, at one time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from django.db import transaction

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.evaluation.multiple import e_bh
from mimawari.service.release import events
from mimawari.service.release.evidence import body_of, evidence_of
from mimawari.service.release.models import Outcome, Trial, TrialState

if TYPE_CHECKING:
    from mimawari.evaluation.trial import Evidence


def decide_family(name: str, actor: str, reason: str) -> dict[str, str]:
    """End all trials of a family: those that e-BH selects are promoted.

    Of the promoted candidates at most a share alpha is expected to be no better, whatever the
    topics have to do with each other. The evidence counts as it stands now, not at its best;
    trials that ended before count with what they ended with, and can no longer be promoted.

    Returns
    -------
    The outcome of each trial's topic.

    Raises
    ------
    InvalidInputError
        Where the family has no running trial.
    """
    with transaction.atomic():
        trials = list(Trial.objects.select_for_update().filter(family=name).order_by("pk"))
        running = [trial for trial in trials if trial.state == TrialState.RUNNING]
        if not running:
            raise InvalidInputError(
                FieldProblem("family", f"{name[:40]!r} has no running trial", "see the list")
            )
        alpha = min(float(trial.design["alpha"]) for trial in trials)
        found = {trial.pk: evidence_of(trial) for trial in running}
        e_values = [_e_value(trial, found.get(trial.pk)) for trial in trials]
        selected = {trials[i].pk for i in e_bh(e_values, alpha)}
        for trial in running:
            outcome = _outcome(trial, trial.pk in selected, found[trial.pk])
            said = {"family": name, "of": len(trials), "reason": reason}
            events.end(trial, outcome, actor, {**body_of(found[trial.pk]), **said})
    return {trial.topic: trial.outcome for trial in trials}


def _e_value(trial: Trial, now: Evidence | None) -> float:
    if now is not None:
        return math.exp(min(float(now.log_e[-1]), 700.0)) if len(now.log_e) else 1.0
    ended = events.last(trial, "ended")
    return math.exp(min(float(ended.get("log_e") or 0.0), 700.0))


def _outcome(trial: Trial, selected: bool, found: Evidence) -> Outcome:
    if not selected:
        return Outcome.UNDECIDED
    enough = found.days >= trial.design["minimum_days"]
    return Outcome.PROMOTE if enough else Outcome.UNDECIDED
