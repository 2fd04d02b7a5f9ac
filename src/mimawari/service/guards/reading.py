"""What guards say, for whoever asks: pages, commands and the API."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from mimawari.evaluation.guards.judge import Counts, Standing, judge
from mimawari.records.deployment import Slot
from mimawari.service.guards.acting import standings
from mimawari.service.guards.models import GuardBreach, GuardCounts

MOST = 20


class GuardView(msgspec.Struct, frozen=True, kw_only=True):
    """A model that is or was watched.

    Parameters
    ----------
    until
        When it ends, of a champion that still serves; None of a canary.
    ended_at
        None while it is watched.
    reference
        Model whose scores said what is usual; empty where none did.
    standings
        Each guard: what was seen, what is allowed, how far towards a breach; as of now while it
        is watched, else by the last counts.
    breach, breached_at
        What was beyond its limit first, and when.
    problem
        Why the topic could not go back.
    """

    topic: str
    model: str
    slot: str
    act: str
    since: datetime
    until: datetime | None
    ended_at: datetime | None
    looked_at: datetime
    reference: str
    counts: Counts
    standings: tuple[Standing, ...]
    breach: str
    breached_at: datetime | None
    problem: str


def guards_of(model: str = "", topic: str = "", most: int = MOST) -> list[GuardView]:
    """Give guards, those that watch first and then the newest."""
    rows = GuardCounts.objects.select_related("guard").order_by("-pk")
    if model:
        rows = rows.filter(guard__model=model)
    if topic:
        rows = rows.filter(guard__topic=topic)
    watching = list(rows.filter(ended_at=None)[:most])
    ended = rows.exclude(ended_at=None)[: most - len(watching)]
    return _views([*watching, *ended])


def _views(rows: list[GuardCounts]) -> list[GuardView]:
    breaches = {
        breach.guard_id: breach
        for breach in GuardBreach.objects.filter(guard__in=[row.pk for row in rows])
    }
    return [_view(row, breaches.get(row.pk)) for row in rows]


def _view(row: GuardCounts, breach: GuardBreach | None) -> GuardView:
    guard = row.guard
    until = guard.at + timedelta(days=guard.limits.days)
    return GuardView(
        topic=guard.topic,
        model=guard.model,
        slot=guard.slot,
        act=guard.limits.act,
        since=guard.at,
        until=until if guard.slot == Slot.CHAMPION else None,
        ended_at=row.ended_at,
        looked_at=row.looked_at,
        reference=guard.reference.model if guard.reference else "",
        counts=row.counts,
        standings=standings(row)
        if row.ended_at is None
        else judge(guard.limits, guard.reference, row.counts),
        breach=breach.statement if breach else "",
        breached_at=breach.at if breach else None,
        problem=row.problem,
    )
