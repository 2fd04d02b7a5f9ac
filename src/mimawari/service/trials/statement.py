"""One sentence about a trial, with the error that it may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from mimawari.evaluation.trial import Outcome as Says
from mimawari.service.trials.decide import ENDS, GUARD_ENDS
from mimawari.service.trials.event_bodies import Concluded
from mimawari.service.trials.models import Kind, Outcome, Trial, TrialState
from mimawari.service.trials.wording import percent, points, progress

if TYPE_CHECKING:
    from mimawari.service.trials.event_bodies import End
    from mimawari.service.trials.looks import Looks


def statement(trial: Trial, looks: Looks, ended: End | None) -> str:
    """Say what a trial has shown so far, or decided.

    Parameters
    ----------
    ended
        What was recorded at its end.
    """
    if trial.state == TrialState.PREPARING:
        return _("The listings of the past are being scored by both models.")
    if trial.state == TrialState.RUNNING:
        return _running(trial, looks)
    if ended and ended.statement and not _by_the_rule(trial, ended):
        return ended.statement  # for example labels that could not be compared
    if trial.kind == Kind.GUARD:
        return _guard(trial)
    again = isinstance(ended, Concluded) and bool(ended.used_again)
    return _ended(trial, looks, again)


def _by_the_rule(trial: Trial, ended: End) -> bool:
    """Whether the trial ended as its evidence said, so that the usual words and errors hold."""
    ends = GUARD_ENDS if trial.kind == Kind.GUARD else ENDS
    if not isinstance(ended, Concluded) or not ended.at:
        return False
    return ends.get(Says(ended.says)) == trial.outcome


def _running(trial: Trial, looks: Looks) -> str:
    if not looks:
        return _("No review has come in yet.")
    far = {"promote": progress(looks.promote[-1]), "reject": progress(looks.reject[-1])}
    if trial.kind == Kind.GUARD:
        return _("No sign of harm: %(promote)s of the evidence that would roll back.") % far
    if looks.promote[-1] >= 1:
        days = {"days": trial.design.get("minimum_days", 3)}
        return (
            _("The evidence suffices; the experiment goes on until it has seen %(days)s days.")
            % days
        )
    return (
        _(
            "Not decided yet: %(promote)s of the evidence to promote and %(reject)s of the "
            "evidence to reject."
        )
        % far
    )


def _ended(trial: Trial, looks: Looks, again: bool) -> str:
    design = trial.design
    figures = {
        "alpha": percent(design.get("alpha", 0.05)),
        "beta": percent(design.get("beta", 0.10)),
        "gain": points(design.get("smallest_gain", 0.03)).lstrip("+"),
        "reviews": f"{looks.reviews[-1]:,}" if looks else "0",
    }
    sentences = {
        Outcome.PROMOTE: _(
            "The candidate finds more violations than the champion. Of candidates that are no "
            "better, at most %(alpha)s get this far."
        ),
        Outcome.REJECT: _(
            "No useful gain, the champion stays. Of candidates that are %(gain)s points better "
            "or more, at most %(beta)s are rejected so."
        ),
        Outcome.UNDECIDED: _(
            "No useful difference was shown by %(reviews)s reviews, the champion stays."
        ),
        Outcome.STOPPED: _("Stopped before a decision, the champion stays."),
    }
    text = sentences[Outcome(trial.outcome)] % figures if trial.outcome else ""
    if again:
        text += " " + _("It used again what an earlier experiment had used, so more of them do.")
    return text


def _guard(trial: Trial) -> str:
    alpha = percent(trial.design.get("alpha", 0.05))
    if trial.outcome == Outcome.REJECT:
        sentence = _(
            "The new champion finds fewer violations than the old one. Of champions that are as "
            "good, at most %(alpha)s are rolled back so."
        )
        return sentence % {"alpha": alpha}
    return _("No sign of harm was found.")
