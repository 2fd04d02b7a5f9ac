"""What the page of a model says of its guards, in the user's language."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
from django.utils.translation import gettext as _

from mimawari.evaluation.guards.judge import GuardName
from mimawari.figures import three_figures
from mimawari.service.console.models.slot_words import slot_text
from mimawari.service.guards.reading import guards_of

if TYPE_CHECKING:
    from mimawari.evaluation.guards.judge import Standing
    from mimawari.service.guards.reading import GuardView


class GuardLine(msgspec.Struct, frozen=True, kw_only=True):
    """One guard; ``percent`` is how far it is towards a breach, 100 at most."""

    text: str
    seen: str
    allowed: str
    percent: int
    breached: bool


class GuardPanel(msgspec.Struct, frozen=True, kw_only=True):
    """A slot in which the model is or was watched."""

    slot: str
    since: datetime
    until: datetime | None
    ended_at: datetime | None
    looked_at: datetime
    act: str
    sellers: int
    breach: str
    breached_at: datetime | None
    problem: str
    lines: list[GuardLine]


def guard_panels(model: str) -> list[GuardPanel]:
    """Gather them, what is watched now first."""
    return [_panel(view) for view in guards_of(model)]


def _panel(view: GuardView) -> GuardPanel:
    acts = {
        "roll_back": _("A breach sends the topic back by itself."),
        "alarm": _("A breach raises an alarm."),
    }
    breached = max(view.standings, key=lambda s: s.evidence) if view.breach else None
    return GuardPanel(
        slot=slot_text(view.slot, 1.0),
        since=view.since,
        until=view.until,
        ended_at=view.ended_at,
        looked_at=view.looked_at,
        act=acts.get(view.act, view.act),
        sellers=view.counts.sellers,
        breach=guard_text(breached.guard) if breached else "",
        breached_at=view.breached_at,
        problem=view.problem,
        lines=[_line(standing) for standing in view.standings],
    )


def _line(standing: Standing) -> GuardLine:
    return GuardLine(
        text=guard_text(standing.guard),
        seen=three_figures(standing.share),
        allowed=three_figures(standing.limit),
        percent=min(100, round(100 * standing.evidence)),
        breached=standing.breached,
    )


def guard_text(guard: str) -> str:
    """Say what a guard watches."""
    names: dict[str, str] = {
        GuardName.MISSING: _("minutes with listings without a score, share"),
        GuardName.MORE_ALERTS: _("minutes with too many at the usual level, share"),
        GuardName.FEWER_ALERTS: _("share at the usual level, at least"),
        GuardName.SLOW: _("minutes that are slow, share"),
        GuardName.GOLDEN_SCORES: _("golden scores, off by"),
        GuardName.EXPERIMENT: _("lost the comparison with the model before it"),
    }
    return names.get(guard, guard)
