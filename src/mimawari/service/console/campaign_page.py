"""What the pages of campaigns show."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import msgspec
from django.utils.translation import gettext as _

from mimawari.figures import percent
from mimawari.service.campaigns.models import CampaignState
from mimawari.service.campaigns.progress import progress_of
from mimawari.service.campaigns.reading import MOST, campaigns, changes_of, result_of
from mimawari.service.console.campaign_words import source_text, state_text
from mimawari.service.console.small_charts import SmallChart, counts
from mimawari.service.console.topic_titles import titles_in_force

if TYPE_CHECKING:
    from mimawari.service.accounts.permissions import Authority
    from mimawari.service.campaigns.models import CampaignChange
    from mimawari.service.campaigns.plan import Plan
    from mimawari.service.campaigns.progress import Progress


class CampaignLine(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign as a line of the list."""

    number: int
    name: str
    topic_name: str
    state: str
    going_on: bool
    asked: int
    labels: str
    violations: str
    share: str
    until: date


class CampaignTile(msgspec.Struct, frozen=True):
    """A figure with its course."""

    name: str
    value: str
    detail: str
    chart: SmallChart


class CampaignStep(msgspec.Struct, frozen=True):
    """A change of a campaign."""

    at: datetime
    what: str
    by: str
    reason: str
    plan: str


class CampaignPage(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign: figures, sources with asked, labels and violations, changes, what came of it."""

    line: CampaignLine
    paused: bool
    plan: str
    tiles: list[CampaignTile]
    sources: list[tuple[str, int, int, int]]
    waiting: int
    unsure: int
    gone: int
    steps: list[CampaignStep]
    data_set: str
    problem: str
    retraining: bool


def campaign_lines(
    authority: Authority, before: int | None
) -> tuple[list[CampaignLine], int | None]:
    """Give a page of campaigns, the newest first, and where the next page begins."""
    known, names = campaigns(authority, MOST + 1, before), titles_in_force()
    progress = progress_of([change.campaign_id for change in known])
    lines = [_line(campaign, progress[campaign.campaign_id], names) for campaign in known[:MOST]]
    return lines, known[MOST - 1].campaign_id if len(known) > MOST else None


def campaign_page(change: CampaignChange) -> CampaignPage:
    """Gather what the page of a campaign shows."""
    number, names = change.campaign_id, titles_in_force()
    progress, result = progress_of([number])[number], result_of(number)
    return CampaignPage(
        line=_line(change, progress, names),
        paused=change.state == CampaignState.PAUSED,
        plan=plan_text(change.planned),
        tiles=_tiles(progress),
        sources=[
            (source_text(source.source), source.asked, source.labels, source.violations)
            for source in progress.sources
        ],
        waiting=progress.waiting,
        unsure=progress.unsure,
        gone=progress.gone,
        steps=[
            CampaignStep(
                change.at,
                state_text(change.state, change.ended_for),
                change.actor,
                change.reason,
                plan_text(change.planned),
            )
            for change in changes_of(number)
        ],
        data_set=result.data_set if result else "",
        problem=result.problem if result else "",
        retraining=result is not None and result.retraining,
    )


def _line(change: CampaignChange, progress: Progress, names: dict[str, str]) -> CampaignLine:
    gathered, plan, topic = progress.gathered, change.planned, change.campaign.topic
    return CampaignLine(
        number=change.campaign_id,
        name=change.campaign.name,
        topic_name=names.get(topic, topic),
        state=state_text(change.state, change.ended_for),
        going_on=change.state != CampaignState.ENDED,
        asked=progress.asked,
        labels=_of(gathered.labels, plan.labels),
        violations=_of(gathered.violations, plan.violations),
        share=yield_text(progress),
        until=plan.until,
    )


def _of(number: int, goal: int) -> str:
    if not goal:
        return f"{number:,}"
    return _("%(number)s of %(goal)s") % {"number": f"{number:,}", "goal": f"{goal:,}"}


def yield_text(progress: Progress) -> str:
    """Write the yield with its interval."""
    share = progress.gathered.share
    if not progress.gathered.labels:
        return "–"
    width = share.high - share.low
    low, high = percent(share.low, width), percent(share.high, width)
    return f"{percent(share.value, width)} % ({low}–{high})"


def _tiles(progress: Progress) -> list[CampaignTile]:
    days, gathered = [day.day for day in progress.days], progress.gathered
    labels = counts(_("Labels"), days, [day.labels for day in progress.days])
    violations = counts(_("Violations"), days, [day.violations for day in progress.days])
    asked = counts(_("Asked"), days, [day.asked for day in progress.days])
    share = _("Yield %(share)s") % {"share": yield_text(progress)}
    return [
        CampaignTile(_("Asked"), f"{progress.asked:,}", _("a day"), asked),
        CampaignTile(_("Labels"), f"{gathered.labels:,}", _("so far, by day"), labels),
        CampaignTile(_("Violations"), f"{gathered.violations:,}", share, violations),
    ]


def plan_text(plan: Plan) -> str:
    """Say a plan in one sentence of parts."""
    goal = plan.labels or plan.violations
    kind = _("goal: %(n)s labels") if plan.labels else _("goal: %(n)s violations")
    parts = [
        kind % {"n": f"{goal:,}"},
        _("until %(day)s") % {"day": plan.until},
        _("%(n)s a day, %(beyond)s of them beyond the capacity")
        % {"n": f"{plan.budget:,}", "beyond": f"{plan.beyond:,}"},
        ", ".join(source_text(source) for source in plan.sources),
        *filter(None, (plan.text, plan.language, plan.category)),
    ]
    if plan.least_yield:
        parts.append(_("ends below a yield of %(share)s") % {"share": f"{plan.least_yield:g}"})
    if plan.retrain:
        parts.append(_("then a retraining"))
    return " · ".join(parts)
