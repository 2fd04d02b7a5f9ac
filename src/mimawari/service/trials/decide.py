"""What a trial's evidence makes of it: an end with a statement, or nothing yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.evaluation.trial import Outcome as Said
from mimawari.service.trials import events
from mimawari.service.trials.checks import NOT_AS_PLANNED, checks_of
from mimawari.service.trials.design import design_of
from mimawari.service.trials.evidence import Fold, body_of, fold
from mimawari.service.trials.models import Kind, Outcome, TrialState
from mimawari.service.trials.rechecks import REFUSED, UNCHECKED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mimawari.service.trials.models import Trial

ENDS = {
    Said.PROMOTE: Outcome.PROMOTE,
    Said.REJECT: Outcome.REJECT,
    Said.UNDECIDED: Outcome.UNDECIDED,
}
# A guard asks whether the model that was replaced was the better one.
GUARD_ENDS = {
    Said.PROMOTE: Outcome.REJECT,
    Said.REJECT: Outcome.PROMOTE,
    Said.UNDECIDED: Outcome.UNDECIDED,
}


def decide(trial: Trial, found: Fold) -> bool:
    """End the trial where its evidence says so, within the caller's transaction.

    Gives whether it has ended.
    """
    said = found.evidence.outcome
    if said == Said.CONTINUE or (trial.family and said == Said.PROMOTE):
        return False  # the trials of a family are promoted together
    if trial.kind != Kind.BACKTEST and _too_early(trial, found):
        return False
    body = dict(body_of(found))
    outcome = (GUARD_ENDS if trial.kind == Kind.GUARD else ENDS)[said]
    if trial.kind == Kind.BACKTEST and design_of(trial).mode == "reuse" and found.steps:
        spent = found.reviews >= design_of(trial).most_reviews
        compared = _compared(found, outcome, body, spent)
        if compared is None:
            return False
        outcome = compared
    if outcome in (Outcome.PROMOTE, Outcome.REJECT) and found.evidence.at:
        outcome = _carried_out(trial, outcome, body)
    events.end(trial, outcome, events.STEWARD, body)
    return True


def _carried_out(trial: Trial, outcome: Outcome, body: dict[str, object]) -> Outcome:
    """Let no outcome stand on pairs that were not drawn and judged as planned."""
    checks = checks_of(trial)
    body["checks"] = [one.statement for one in checks]
    failed = [one.statement for one in checks if not one.passed]
    if not failed:
        return outcome
    body["statement"] = NOT_AS_PLANNED.format(" ".join(failed))
    return Outcome.UNDECIDED


def _too_early(trial: Trial, found: Fold) -> bool:
    """Whether lists look alike only because there were hardly any."""
    days = {one.start.date() for one in trial.rounds.filter(listings__gt=0)}
    return found.evidence.at == 0 and len(days) < design_of(trial).minimum_days


def _compared(
    found: Fold, outcome: Outcome, body: dict[str, object], spent: bool
) -> Outcome | None:
    """Let no outcome stand on old labels that do not hold; None while that is not known."""
    checks = found.rechecks
    if found.evidence.at == 0:
        return outcome  # no label was needed
    if outcome == Outcome.REJECT and checks.bear_out:
        body["statement"] = f"{body['statement']} {checks.statement}"
        return outcome
    if not checks.done and not spent:
        return None
    if not checks.done:
        body["statement"] = UNCHECKED.format(checks.statement)
        return Outcome.UNDECIDED
    if checks.hold and outcome != Outcome.REJECT:
        body["statement"] = f"{body['statement']} {checks.statement}"
        return outcome
    body["statement"] = REFUSED.format(checks.statement)
    return Outcome.UNDECIDED


def report_reversals(trial: Trial) -> bool:
    """Say after the end that labels behind a decision were changed, and what it would be now.

    The decision stands: whoever acts on the report does so by name. Gives whether there was
    anything to report.
    """
    ended = events.last(trial, "ended")
    before: Mapping[str, object] = events.last(trial, "labels_changed") or ended
    if not ended.get("at"):
        return False
    now = body_of(fold(trial, upto=int(ended["steps"])))
    compared = ("steps", "champion", "candidate", "log_e", "log_f")
    if all(now[name] == before[name] for name in compared):
        return False
    said = (
        f"Labels behind this decision were changed. By today's it would be: {now['says']}. "
        f"{now['statement']} The decision stands as it was made."
    )
    events.record(trial, "labels_changed", events.STEWARD, {**now, "statement": said}, sealed=True)
    return True


def ended_by_evidence(trial: Trial) -> bool:
    """Whether labels decided the trial, so that a change of them matters."""
    return trial.state == TrialState.ENDED and trial.outcome != Outcome.STOPPED
