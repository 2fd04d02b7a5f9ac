"""What a trial's evidence makes of it: an end with a statement, or nothing yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mimawari.evaluation.trial import Outcome as Says
from mimawari.service.trials import events, spent
from mimawari.service.trials.checks import NOT_AS_PLANNED, checks_of
from mimawari.service.trials.design import design_of
from mimawari.service.trials.event_bodies import Concluded, Findings, LabelsChanged
from mimawari.service.trials.evidence import Fold, findings_of, fold
from mimawari.service.trials.models import Kind, Outcome
from mimawari.service.trials.rechecks import REFUSED, UNCHECKED

if TYPE_CHECKING:
    from mimawari.service.trials.models import Trial

ENDS = {
    Says.PROMOTE: Outcome.PROMOTE,
    Says.REJECT: Outcome.REJECT,
    Says.UNDECIDED: Outcome.UNDECIDED,
}
# A guard asks whether the model that was replaced was the better one.
GUARD_ENDS = {
    Says.PROMOTE: Outcome.REJECT,
    Says.REJECT: Outcome.PROMOTE,
    Says.UNDECIDED: Outcome.UNDECIDED,
}


def decide(trial: Trial, folded: Fold) -> bool:
    """End the trial where its evidence says so, within the caller's transaction.

    Gives whether it has ended.
    """
    says = folded.evidence.outcome
    if says == Says.CONTINUE or (trial.family and says == Says.PROMOTE):
        return False  # the trials of a family are promoted together
    if trial.kind != Kind.BACKTEST and _too_early(trial, folded):
        return False
    outcome = (GUARD_ENDS if trial.kind == Kind.GUARD else ENDS)[says]
    end = msgspec.structs.replace(findings_of(folded, Concluded), outcome=outcome.value)
    if trial.kind == Kind.BACKTEST and design_of(trial).mode == "reuse" and folded.steps:
        used_up = folded.reviews >= design_of(trial).most_reviews
        compared = _compared(folded, end, used_up)
        if compared is None:
            return False
        end = compared
    if end.outcome in (Outcome.PROMOTE, Outcome.REJECT) and folded.evidence.at:
        end = _carried_out(trial, end)
    events.end(trial, Outcome(end.outcome), events.TRIALS, spent.noted(trial, end))
    return True


def _carried_out(trial: Trial, end: Concluded) -> Concluded:
    """Let no outcome stand on pairs that were not drawn and judged as planned."""
    checks = checks_of(trial)
    end = msgspec.structs.replace(end, checks=[check.statement for check in checks])
    failed = [check.statement for check in checks if not check.passed]
    return _undecided(end, NOT_AS_PLANNED.format(" ".join(failed))) if failed else end


def _undecided(end: Concluded, statement: str) -> Concluded:
    outcome = Outcome.UNDECIDED.value
    return msgspec.structs.replace(end, outcome=outcome, statement=statement)


def _too_early(trial: Trial, folded: Fold) -> bool:
    """Whether lists look alike only because there were hardly any."""
    days = {trial_round.start.date() for trial_round in trial.rounds.filter(listings__gt=0)}
    return folded.evidence.at == 0 and len(days) < design_of(trial).minimum_days


def _compared(folded: Fold, end: Concluded, used_up: bool) -> Concluded | None:
    """Let no outcome stand on old labels that do not hold; None while that is not known."""
    checks = folded.rechecks
    if folded.evidence.at == 0:
        return end  # no label was needed
    both = msgspec.structs.replace(end, statement=f"{end.statement} {checks.statement}")
    if end.outcome == Outcome.REJECT and checks.bear_out:
        return both
    if not checks.done and not used_up:
        return None
    if not checks.done:
        return _undecided(end, UNCHECKED.format(checks.statement))
    if checks.hold and end.outcome != Outcome.REJECT:
        return both
    return _undecided(end, REFUSED.format(checks.statement))


def report_reversals(trial: Trial) -> bool:
    """Say after the end that labels behind a decision were changed, and what it would be now.

    The decision stands: whoever acts on the report does so by name. Gives whether there was
    anything to report.
    """
    ended = events.last_end(trial)
    if not isinstance(ended, Concluded) or not ended.at:
        return False
    before: Findings = events.last(trial, LabelsChanged) or ended
    now = findings_of(fold(trial, upto=ended.steps), LabelsChanged)
    if _counted(now) == _counted(before):
        return False
    statement = (
        f"Labels behind this decision were changed. By today's it would be: {now.says}. "
        f"{now.statement} The decision stands as it was made."
    )
    changed = msgspec.structs.replace(now, statement=statement)
    events.record(trial, changed, events.TRIALS, sealed=True)
    return True


def _counted(findings: Findings) -> tuple[object, ...]:
    """Give what changes where a label does."""
    return (
        findings.steps,
        findings.champion,
        findings.candidate,
        findings.log_e,
        findings.log_f,
    )
