"""Does what is due for every trial, as often as it is called."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from mimawari.service.platform import clock
from mimawari.service.platform.work_loop import WorkLoop
from mimawari.service.releases import generations
from mimawari.service.review.models import Decision
from mimawari.service.trials import events, one_sided, waiting
from mimawari.service.trials.assigning import assign
from mimawari.service.trials.decide import decide, report_reversals
from mimawari.service.trials.event_bodies import Ended, Failed, Findings, LabelsChanged
from mimawari.service.trials.evidence import fold, look, newest_decision
from mimawari.service.trials.families import decide_due_families
from mimawari.service.trials.models import Kind, Outcome, Trial, TrialState
from mimawari.service.trials.prepare import prepare
from mimawari.service.trials.rounds import close_due, hand_over
from mimawari.service.trials.waits import Waits

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

logger = logging.getLogger(__name__)
# Labels that change later than this after a decision are no longer reported.
REPORTED_DAYS = 90


def advance(now: datetime | None = None) -> None:
    """Do all that is due for every trial.

    Nothing is done twice, however many call this at once, and whatever is killed when: each
    part reads what is there and writes in one transaction.
    """
    now = now or clock.database_now()
    for trial in Trial.objects.exclude(state=TrialState.ENDED).order_by("pk"):
        _try(trial, lambda current=trial: advance_one(current, now))  # type: ignore[misc]  # bound at once
    decide_due_families()
    _after_the_end(now)


def _try(trial: Trial, work: Callable[[], object]) -> None:
    """Let one trial's trouble not hold the others up; its page tells it, once."""
    try:
        work()
    except Exception as error:
        logger.exception("trial %s could not be advanced", trial.pk)
        problem = f"{type(error).__name__}: {error}"[:500]
        waiting.note(trial, Waits(problem=problem))
        last = trial.events.order_by("-pk").first()
        if last is None or last.kind != Failed.kind or last.body.get("statement") != problem:
            events.record(trial, Failed(statement=problem), events.TRIALS)


def advance_one(trial: Trial, now: datetime) -> None:
    """Do what is due for one trial."""
    if _champion_is_gone(trial):
        return
    if trial.state == TrialState.PREPARING:
        prepare(trial)
        trial.refresh_from_db()
    if trial.state != TrialState.RUNNING:
        return
    if trial.kind != Kind.BACKTEST:
        close_due(trial, now)
    evaluated = fold(trial)
    with transaction.atomic():
        current = Trial.objects.select_for_update().get(pk=trial.pk)
        if current.state != TrialState.RUNNING:
            return
        one_sided.note(current, evaluated.judging_one_sidedly)
        look(current, evaluated)
        if not decide(current, evaluated):
            assign(current, evaluated.again, evaluated.reviews, now)
            waiting.note(current, waiting.waits_of(current, evaluated, now))


def _champion_is_gone(trial: Trial) -> bool:
    """End a trial whose topic is served by another model than the one it compares with."""
    newest = generations.current()
    entry = newest.manifest.topics.get(trial.topic) if newest else None
    expected = trial.candidate if trial.kind == Kind.GUARD else trial.champion
    if entry is not None and (entry.champion or "") == expected:
        return False
    with transaction.atomic():
        current = Trial.objects.select_for_update().get(pk=trial.pk)
        if current.state != TrialState.ENDED:
            statement = (
                "Stopped: another model serves the topic by now, or none; compare with that."
            )
            events.end(current, Outcome.STOPPED, events.TRIALS, Ended(statement=statement))
    return True


def _after_the_end(now: datetime) -> None:
    """Hand ended experiments' streams over to the worker, and report changed labels."""
    ended = Trial.objects.filter(state=TrialState.ENDED)
    online = ended.exclude(kind=Kind.BACKTEST).exclude(events__kind="handed_over")
    for trial in online.order_by("pk"):
        _try(trial, lambda current=trial: hand_over(current, now))  # type: ignore[misc]  # bound at once
    recent = ended.exclude(outcome=Outcome.STOPPED).filter(
        events__kind="ended", events__at__gte=now - timedelta(days=REPORTED_DAYS)
    )
    for trial in recent.order_by("pk").distinct():
        if _has_new_decisions(trial):
            _try(trial, lambda current=trial: report_reversals(current))  # type: ignore[misc]  # bound at once


def _has_new_decisions(trial: Trial) -> bool:
    """Whether anything was decided on the steps that counted since they were looked at."""
    ended, changed = events.last_end(trial), events.last(trial, LabelsChanged)
    findings = [body for body in (ended, changed) if isinstance(body, Findings)]
    seen = max((body.newest_decision for body in findings), default=0)
    steps = ended.steps if isinstance(ended, Findings) else 0
    counted = trial.items.filter(step__lte=steps)
    return Decision.objects.filter(
        pk__gt=seen,
        alert__topic=trial.topic,
        alert__listing_version_id__in=counted.values("listing_version_id"),
    ).exists()


class TrialRunner(WorkLoop):
    """Calls `advance` in a thread, every few seconds, until stopped.

    While nothing was decided it looks less often: folding a large trial takes a moment.
    """

    trouble = "the work on trials failed; it is tried again"

    def __init__(self, every_seconds: float = 2.0, idle_seconds: float = 30.0) -> None:
        super().__init__(idle_seconds=every_seconds)
        self.idle_turns = max(1, int(idle_seconds / every_seconds))
        self._seen: tuple[int, int] | None = None
        self._idle = 0

    def turn(self) -> bool:
        """Advance where something has happened, or it has not been done for long; then pause."""
        running = Trial.objects.exclude(state=TrialState.ENDED).count()
        now = (newest_decision(), running)
        self._idle += 1
        if now != self._seen or self._idle >= self.idle_turns:
            self._seen, self._idle = now, 0
            advance()
        return False
