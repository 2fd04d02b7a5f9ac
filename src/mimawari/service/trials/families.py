"""Trials of several topics that are decided together, at one time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec
from django.db import transaction

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.evaluation.multiple import e_bh
from mimawari.evaluation.trial import Outcome as Said
from mimawari.service.accounts.authority import require
from mimawari.service.accounts.permissions import Permission
from mimawari.service.trials import events, spent
from mimawari.service.trials.design import design_of
from mimawari.service.trials.event_bodies import Concluded
from mimawari.service.trials.evidence import findings_of, fold
from mimawari.service.trials.models import Outcome, Trial, TrialState

if TYPE_CHECKING:
    from mimawari.records.principal import Principal
    from mimawari.service.trials.event_bodies import Concluded
from mimawari.service.trials.evidence import Fold


def decide_family(name: str, actor: Principal, reason: str) -> dict[str, str]:
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
        Where the family has no running trial, or one is still being prepared.
    """
    with transaction.atomic():
        trials = list(Trial.objects.select_for_update().filter(family=name).order_by("pk"))
        require(actor, Permission.RUN_TRIALS, *sorted({trial.topic for trial in trials}))
        running = [trial for trial in trials if trial.state == TrialState.RUNNING]
        problem = "has no running trial" if not running else ""
        if any(trial.state == TrialState.PREPARING for trial in trials):
            problem = "has a trial that is being prepared"
        if problem:
            raise InvalidInputError(FieldProblem("family", f"{name[:40]!r} {problem}", "wait"))
        alpha = min(design_of(trial).alpha for trial in trials)
        folds = {trial.pk: fold(trial) for trial in running}
        e_values = [_e_value(trial, folds.get(trial.pk)) for trial in trials]
        selected = {trials[i].pk for i in e_bh(e_values, alpha)}
        for trial in running:
            outcome = _outcome(trial, trial.pk in selected, folds[trial.pk])
            body = msgspec.structs.replace(
                findings_of(folds[trial.pk], Concluded),
                family=name,
                of=len(trials),
                reason=reason,
                outcome=outcome.value,
                statement=_statement(outcome, len(trials), alpha),
            )
            events.end(trial, outcome, actor, spent.noted(trial, body))
    return {trial.topic: trial.outcome for trial in trials}


def decide_due_families() -> None:
    """Decide the families of which every trial has ended or says something for itself."""
    names = Trial.objects.filter(state=TrialState.RUNNING).exclude(family="").order_by()
    for name in names.values_list("family", flat=True).distinct():
        trials = list(Trial.objects.filter(family=name).exclude(state=TrialState.ENDED))
        if any(trial.state == TrialState.PREPARING for trial in trials):
            continue
        if all(fold(trial).evidence.outcome == Said.PROMOTE for trial in trials):
            decide_family(name, events.TRIALS, "every trial of the family has come to an end")


def _e_value(trial: Trial, now: Fold | None) -> float:
    """Give a trial's evidence at the common stop; days that differ too much weaken it."""
    if now is None:
        ended = events.last_end(trial)
        log_e, phi = (ended.log_e, ended.dispersion) if isinstance(ended, Concluded) else (0.0, 1.0)
    else:
        log_e = float(now.evidence.log_e[-1]) if len(now.evidence.log_e) else 0.0
        phi = now.evidence.dispersion
    if phi > design_of(trial).phi_limit:
        log_e /= phi
    return math.exp(min(log_e, 700.0))


def _outcome(trial: Trial, selected: bool, evaluated: Fold) -> Outcome:
    evidence = evaluated.evidence
    if evidence.outcome == Said.REJECT:
        return Outcome.REJECT
    enough = evidence.days >= design_of(trial).minimum_days
    comparable = evaluated.rechecks.done and evaluated.rechecks.hold
    return Outcome.PROMOTE if selected and enough and comparable else Outcome.UNDECIDED


def _statement(outcome: Outcome, trials: int, alpha: float) -> str:
    if outcome == Outcome.PROMOTE:
        return (
            f"Promote: chosen among the {trials} trials of its family, of whose promotions at "
            f"most {alpha:.0%} are expected to be no better than the champion."
        )
    if outcome == Outcome.REJECT:
        return "Reject: no useful gain was shown. Keep the champion."
    return f"Not among those of the {trials} trials that may be promoted. Keep the champion."
