"""How far campaigns are: what was asked, what was verdicts, what it yields."""

from __future__ import annotations

from collections import defaultdict
from datetime import date  # read by msgspec when the types are used
from typing import TYPE_CHECKING

import msgspec

from mimawari.evaluation.asked_labels import Yield, surely_below, yield_of
from mimawari.service.admission.models import WAITING, AlertState
from mimawari.service.campaigns.models import CampaignItem, EndedFor
from mimawari.service.intake.models import State
from mimawari.service.review.models import Decision, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from mimawari.service.campaigns.plan import Plan

CLEAR = {Verdict.VIOLATES.value: 1, Verdict.DOES_NOT_VIOLATE.value: 0}


class SourceYield(msgspec.Struct, frozen=True):
    """What one source gave."""

    source: str
    asked: int
    labels: int
    violations: int


class CampaignDay(msgspec.Struct, frozen=True):
    """What a campaign asked on a day, and what it had in all by its end, as it stands now."""

    day: date
    asked: int
    labels: int
    violations: int


class Progress(msgspec.Struct, frozen=True):
    """What a campaign has come to.

    Parameters
    ----------
    asked, waiting
        Listings that were put before moderators, and those that still wait.
    unsure
        Nobody could tell.
    gone
        Edited, ended, erased or withdrawn before anybody verdicts anything, or erased since.
    outcomes
        Clear verdicts that stand, 1 violates, in the order in which they were given.
    """

    asked: int
    waiting: int
    unsure: int
    gone: int
    outcomes: tuple[int, ...]
    sources: tuple[SourceYield, ...]
    days: tuple[CampaignDay, ...]
    open_alerts: tuple[int, ...] = ()

    @property
    def gathered(self) -> Yield:
        """Labels and violations so far, with their share."""
        return yield_of(self.outcomes)


class _Item(msgspec.Struct, frozen=True):
    alert: int
    source: str
    day: date
    state: str
    erased: bool


def progress_of(campaigns: Collection[int]) -> dict[int, Progress]:
    """Give the progress of campaigns, with two queries however many there are."""
    names = ("campaign_id", "alert_id", "source", "day", "alert__state")
    rows = CampaignItem.objects.filter(campaign__in=campaigns).order_by("pk")
    items: defaultdict[int, list[_Item]] = defaultdict(list)
    for number, *of, version_state in rows.values_list(*names, "alert__listing_version__state"):
        alert, source, day, state = of
        items[number].append(_Item(alert, source, day, state, version_state == State.ERASED))
    stands = Decision.objects.filter(
        alert__campaign_item__campaign__in=campaigns, replaced_by=None
    ).exclude(verdict=Verdict.UNDONE)
    verdicts = {
        alert: (at, verdict)
        for alert, at, verdict in stands.order_by("pk").values_list(
            "alert_id", "decided_at", "verdict"
        )
    }
    return {number: _progress(items[number], verdicts) for number in campaigns}


def _progress(items: Sequence[_Item], verdicts: Mapping[int, tuple[datetime, str]]) -> Progress:
    clear = {
        item.alert: CLEAR[verdicts[item.alert][1]]
        for item in items
        if item.alert in verdicts and verdicts[item.alert][1] in CLEAR and not item.erased
    }
    order = sorted(clear, key=lambda alert: (verdicts[alert][0], alert))
    waiting = [item.alert for item in items if item.state in WAITING]
    unsure = sum(
        item.alert in verdicts and item.alert not in clear and not item.erased for item in items
    )
    return Progress(
        asked=len(items),
        waiting=len(waiting),
        unsure=unsure,
        gone=len(items) - len(waiting) - unsure - len(clear),
        outcomes=tuple(clear[alert] for alert in order),
        sources=_sources(items, clear),
        days=_days(items, clear, verdicts),
        open_alerts=tuple(item.alert for item in items if item.state == AlertState.OPEN),
    )


def _sources(items: Sequence[_Item], clear: dict[int, int]) -> tuple[SourceYield, ...]:
    asked: defaultdict[str, list[int]] = defaultdict(list)
    for item in items:
        asked[item.source].append(item.alert)
    return tuple(
        SourceYield(
            source,
            len(alerts),
            sum(alert in clear for alert in alerts),
            sum(clear.get(alert, 0) for alert in alerts),
        )
        for source, alerts in sorted(asked.items())
    )


def _days(
    items: Sequence[_Item], clear: dict[int, int], verdicts: Mapping[int, tuple[datetime, str]]
) -> tuple[CampaignDay, ...]:
    """Give each day on which anything was asked or verdicts, with what there was by its end."""
    decided = {alert: verdicts[alert][0].date() for alert in clear}
    days = sorted({*(item.day for item in items), *decided.values()})
    return tuple(
        CampaignDay(
            day,
            sum(item.day == day for item in items),
            sum(on <= day for on in decided.values()),
            sum(clear[alert] for alert, on in decided.items() if on <= day),
        )
        for day in days
    )


def reached(plan: Plan, progress: Progress, today: date) -> str:
    """Say why a campaign ends now; empty while it goes on."""
    gathered = progress.gathered
    if (plan.labels and gathered.labels >= plan.labels) or (
        plan.violations and gathered.violations >= plan.violations
    ):
        return EndedFor.GOAL.value
    if today > plan.until:
        return EndedFor.DATE.value
    if surely_below(progress.outcomes, plan.least_yield, plan.error):
        return EndedFor.YIELD.value
    return ""


def left_to_ask(plan: Plan, progress: Progress) -> int:
    """Give how many labels the goal still lacks, less what waits; the budget for violations."""
    gathered = progress.gathered
    if plan.labels:
        return max(0, plan.labels - gathered.labels - progress.waiting)
    return plan.budget
