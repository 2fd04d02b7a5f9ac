"""Whether a trial's pairs were drawn and judged as planned."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from mimawari.evaluation.checks import Check, exposure, sample_ratio
from mimawari.service.review.models import Decision, Verdict
from mimawari.service.trials.models import Kind, Role, TrialItem

if TYPE_CHECKING:
    from datetime import datetime

    from mimawari.service.trials.models import Trial

SIDES = (Role.CHAMPION, Role.CANDIDATE)
NOT_AS_PLANNED = "Undecided: the trial was not carried out as planned, so its evidence is void. {}"


def checks_of(trial: Trial) -> list[Check]:
    """Check a trial of pairs: fair draws, and both sides met by moderators alike.

    None for a back-test that reuses labels: it asks for one side only.
    """
    if trial.design["mode"] == "reuse":
        return []
    checks = _judged(trial)
    if trial.kind != Kind.BACKTEST:
        checks += _drawn(trial)
    return checks


def _drawn(trial: Trial) -> list[Check]:
    """Check that upper and lower ranks came into the pairs as often as they should."""
    drawn: dict[tuple[int, int], list[int]] = defaultdict(list)
    items = TrialItem.objects.filter(trial=trial, role=Role.CHAMPION)
    for of_round, m, rank in items.values_list("round_id", "round__differing", "rank"):
        drawn[of_round, m].append(rank)
    counts, planned = [0, 0], [0.0, 0.0]
    for (_, m), ranks in drawn.items():
        upper = m // 2
        above = sum(rank <= upper for rank in ranks)
        counts[0] += above
        counts[1] += len(ranks) - above
        planned[0] += len(ranks) * upper / m
        planned[1] += len(ranks) * (m - upper) / m
    if not planned[0]:
        return []
    whole = sum(planned)
    return [sample_ratio(counts, [planned[0] / whole, planned[1] / whole], "ranks of pairs")]


def _judged(trial: Trial) -> list[Check]:
    """Check waiting times, missing labels and moderators of both sides."""
    first = _first_verdicts(trial)
    waits: dict[int, dict[str, float]] = defaultdict(dict)
    unclear: dict[int, set[str]] = defaultdict(set)
    moderators: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    items = TrialItem.objects.filter(trial=trial, role__in=SIDES, alert__isnull=False)
    columns = ("step", "role", "alert_id", "alert__created_at")
    for step, role, alert, opened in items.values_list(*columns):
        if alert not in first:
            continue
        who, verdict, at = first[alert]
        waits[step][role] = (at - opened).total_seconds()
        moderators[f"moderator-{who}"][role == Role.CANDIDATE] += 1
        if verdict == Verdict.CANNOT_TELL:
            unclear[step].add(role)
    longer = [0, 0]
    for both in waits.values():
        if len(both) == len(SIDES) and both[Role.CHAMPION] != both[Role.CANDIDATE]:
            longer[both[Role.CANDIDATE] > both[Role.CHAMPION]] += 1
    alone = [roles for roles in unclear.values() if len(roles) == 1]
    missing = [sum(side in roles for roles in alone) for side in SIDES]
    counts = {who: (a, b) for who, (a, b) in moderators.items()}
    return exposure((longer[0], longer[1]), (missing[0], missing[1]), counts)


def _first_verdicts(trial: Trial) -> dict[int, tuple[int, str, datetime]]:
    """Give who judged each alert first, how and when."""
    mine = TrialItem.objects.filter(trial=trial).exclude(alert=None).values("alert_id")
    rows = Decision.objects.filter(alert_id__in=mine).exclude(verdict=Verdict.UNDONE)
    first: dict[int, tuple[int, str, datetime]] = {}
    for alert, who, verdict, at in rows.order_by("-id").values_list(
        "alert_id", "moderator_id", "verdict", "decided_at"
    ):
        first[alert] = (who, verdict, at)
    return first
