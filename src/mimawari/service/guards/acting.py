"""What follows from a breach: an alarm, and the topic goes back to what served it before."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from mimawari.errors import InvalidInputError
from mimawari.evaluation.guards.judge import GuardName, Standing, judge
from mimawari.records.alarm import AlarmFigures, AlarmKind, Condition, Occurrence
from mimawari.records.deployment import Slot
from mimawari.service.alarms import watching
from mimawari.service.audit.record import record
from mimawari.service.guards.event_kinds import BREACH, breach_details
from mimawari.service.guards.models import GuardBreach
from mimawari.service.guards.principal import GUARDS
from mimawari.service.platform import clock
from mimawari.service.platform.presence import processes
from mimawari.service.releases.deploying import undeploy
from mimawari.service.releases.going_back import roll_back
from mimawari.service.releases.models import GoldenCheck
from mimawari.service.trials.models import Kind, Outcome, Trial, TrialState
from mimawari.service.trials.trials import finish

if TYPE_CHECKING:
    from mimawari.service.guards.models import Guard, GuardCounts

logger = logging.getLogger(__name__)
ALARMS = {
    GuardName.MISSING: AlarmKind.SCORER_ERRORS,
    GuardName.MORE_ALERTS: AlarmKind.TOO_MANY_ALERTS,
    GuardName.FEWER_ALERTS: AlarmKind.TOO_FEW_ALERTS,
    GuardName.SLOW: AlarmKind.LATENCY,
    GuardName.GOLDEN_SCORES: AlarmKind.GOLDEN_SCORES,
    GuardName.EXPERIMENT: AlarmKind.PRECISION_FELL,
}


def standings(row: GuardCounts) -> tuple[Standing, ...]:
    """Hold everything that is known of a watched model against its limits."""
    guard = row.guard
    standings = list(judge(guard.limits, guard.reference, row.counts))
    if guard.limits.golden_scores:
        standings.append(_golden(guard))
    if (trial := lost_trial(guard)) is not None:
        standings.append(Standing(guard=GuardName.EXPERIMENT, share=1.0, limit=0.0, evidence=1.0))
        logger.info("guard %s lost trial %s", guard.pk, trial.pk)
    return tuple(standings)


def _golden(guard: Guard) -> Standing:
    """Give the worst that scorers which run now found of the model's golden scores."""
    running = {(p.host, p.pid): p.started_at for p in processes() if not p.lost}
    checks = GoldenCheck.objects.filter(model=guard.model).order_by("pk")
    worst = Standing(guard=GuardName.GOLDEN_SCORES, share=0.0, limit=0.0, evidence=0.0)
    for check in checks:
        started = running.get((check.host, check.pid))
        off = check.greatest - check.allowed
        if started is not None and check.at >= started and off > worst.share - worst.limit:
            worst = Standing(
                guard=GuardName.GOLDEN_SCORES,
                share=check.greatest,
                limit=check.allowed,
                evidence=1.0,
            )
    return worst


def lost_trial(guard: Guard) -> Trial | None:
    """Give the guard trial that found the model before this champion to be the better one."""
    if guard.slot != Slot.CHAMPION:
        return None
    ended = Trial.objects.filter(
        kind=Kind.GUARD,
        topic=guard.topic,
        candidate=guard.model,
        state=TrialState.ENDED,
        outcome=Outcome.REJECT,
        generation__gte=guard.generation_id,
    )
    return ended.order_by("-pk").first()


def note_breach(row: GuardCounts, standings: tuple[Standing, ...]) -> GuardBreach | None:
    """Record the first breach of a guard, within the caller's transaction; gives it."""
    breached = [standing for standing in standings if standing.breached]
    known = GuardBreach.objects.filter(guard=row.guard).first()
    if known is not None or not breached:
        return known
    worst = max(breached, key=lambda standing: standing.evidence)
    breach = GuardBreach.objects.create(
        guard=row.guard,
        at=clock.database_now(),
        what=worst.guard,
        share=worst.share,
        limit=worst.limit,
        statement=worst.statement,
        counts=row.counts,
    )
    record(BREACH, breach.pk, GUARDS, breach_details(breach), breach.statement)
    return breach


def condition_of(breach: GuardBreach) -> Condition:
    """Give what an alarm about a breach is about."""
    guard = breach.guard
    kind = ALARMS[GuardName(breach.what)]
    return Condition(kind, topic=guard.topic, deployment=guard.model, stream="guard")


def act(breach: GuardBreach) -> str:
    """Raise the alarm and, where the gate file says so, go back; gives why that failed, if so.

    A model that is in force no more is left alone: somebody was faster.
    """
    guard = breach.guard
    figures = AlarmFigures(value=breach.share, high=breach.limit, number=breach.counts.sellers)
    watching.seen(Occurrence(condition=condition_of(breach), figures=figures, began_at=breach.at))
    if guard.limits.act != "roll_back":
        return ""
    reason = f"guard {breach.what}: {breach.statement}"
    try:
        if guard.slot == Slot.CANARY:
            undeploy(guard.model, GUARDS, reason)
        elif breach.what == GuardName.EXPERIMENT and (trial := lost_trial(guard)) is not None:
            finish(trial, GUARDS, reason)
        else:
            roll_back(guard.topic, GUARDS, reason, expected=guard.model)
    except InvalidInputError as error:
        logger.warning("%s could not go back: %s", guard.topic, error)
        return str(error)
    logger.error("%s went back from %s: %s", guard.topic, guard.model, breach.statement)
    return ""
