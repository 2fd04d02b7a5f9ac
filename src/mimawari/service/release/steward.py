"""The steward: does what is due for every trial, as often as it is called."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from django.db import close_old_connections, connection, transaction
from django.utils import timezone

from mimawari.evaluation.trial import Evidence
from mimawari.evaluation.trial import Outcome as Said
from mimawari.service.release import events
from mimawari.service.release.deal import ask_again, deal
from mimawari.service.release.evidence import body_of, evidence_of, look, rechecks_of
from mimawari.service.release.models import Kind, Outcome, Trial, TrialState
from mimawari.service.release.prepare import prepare
from mimawari.service.release.rounds import close_due

if TYPE_CHECKING:
    from datetime import datetime

logger = logging.getLogger(__name__)
# What a trial's evidence makes of it; a guard asks whether the model it watches does harm.
ENDS = {
    Said.PROMOTE: Outcome.PROMOTE,
    Said.REJECT: Outcome.REJECT,
    Said.UNDECIDED: Outcome.UNDECIDED,
}
GUARD_ENDS = {
    Said.PROMOTE: Outcome.REJECT,
    Said.REJECT: Outcome.PROMOTE,
    Said.UNDECIDED: Outcome.UNDECIDED,
}
NOT_COMPARABLE = (
    "Old labels do not hold: asked for again, {same} of {answered} came out the same, fewer than "
    "98 %. Run the back-test with mode fresh."
)


def advance(now: datetime | None = None) -> None:
    """Do all that is due. Nothing is done twice, however many call this at once."""
    now = now or timezone.now()
    for trial in Trial.objects.exclude(state=TrialState.ENDED).order_by("pk"):
        try:
            advance_one(trial, now)
        except Exception:
            # One trial's trouble must not hold the others up.
            logger.exception("trial %s could not be advanced", trial.pk)


def advance_one(trial: Trial, now: datetime) -> None:
    """Do what is due for one trial."""
    if trial.state == TrialState.PREPARING:
        prepare(trial)
    elif trial.kind != Kind.BACKTEST:
        close_due(trial, now)
    with transaction.atomic():
        current = Trial.objects.select_for_update().get(pk=trial.pk)
        if current.state != TrialState.RUNNING:
            return
        ask_again(current, now)
        found = evidence_of(current)
        look(current, found)
        if not _decide(current, found):
            deal(current, now)


def _decide(trial: Trial, found: Evidence) -> bool:
    """End the trial where its evidence says so; gives whether it has ended."""
    if found.outcome == Said.CONTINUE or (
        found.outcome == Said.REJECT and not trial.rounds.exists()
    ):
        return False
    if (
        trial.kind != Kind.BACKTEST
        and found.at == 0
        and trial.rounds.count() < trial.design["minimum_days"]
    ):
        return False  # too few rounds to call the lists alike
    rechecks = rechecks_of(trial)
    if not rechecks.comparable and rechecks.done:
        said = NOT_COMPARABLE.format(same=rechecks.same, answered=rechecks.answered)
        events.end(trial, Outcome.UNDECIDED, events.STEWARD, {**body_of(found), "statement": said})
        return True
    if not rechecks.done and found.at != 0:
        return False
    if trial.family and found.outcome == Said.PROMOTE:
        return False  # a family is decided together
    ends = GUARD_ENDS if trial.kind == Kind.GUARD else ENDS
    events.end(trial, ends[found.outcome], events.STEWARD, body_of(found))
    return True


class Steward:
    """Calls `advance` in a thread, every few seconds, until stopped."""

    def __init__(self, every_seconds: float = 5.0) -> None:
        self.every_seconds = every_seconds
        self._stop = threading.Event()

    def run(self) -> None:
        """Work until stopped."""
        while not self._stop.wait(self.every_seconds):
            try:
                close_old_connections()
                advance()
            except Exception:
                logger.exception("the steward failed; it tries again")
        connection.close()

    def stop(self) -> None:
        """End `run` after the work at hand."""
        self._stop.set()
