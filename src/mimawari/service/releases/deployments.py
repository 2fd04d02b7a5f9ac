"""Where a model was in force, since when, by whom and why."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from mimawari.service.releases.models import DeploymentChange

if TYPE_CHECKING:
    from collections.abc import Collection


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of time in which a model had one slot of a topic.

    Parameters
    ----------
    until
        None where it still has it.
    by, reason
        Who put it there and why.
    ended_by, ended_because
        Who took it from there and why; empty where it is still there.
    """

    topic: str
    slot: str
    share: float
    generation: int
    since: datetime
    until: datetime | None
    by: str
    reason: str
    ended_by: str = ""
    ended_because: str = ""


def served(model: str, most: int) -> list[Served]:
    """Give where a model was in force, the newest first."""
    rows = DeploymentChange.objects.filter(model=model).select_related("generation")
    stretches: list[Served] = []
    later: dict[str, DeploymentChange] = {}
    # A stretch takes two changes at most: its own, and the one that ended it.
    for change in rows.order_by("-generation").defer("generation__manifest")[: 2 * most]:
        if change.slot:
            stretches.append(_stretch(change, later.get(change.topic)))
        later[change.topic] = change
    return stretches[:most]


def since(models: Collection[str]) -> dict[tuple[str, str], datetime]:
    """Give since when models are where they are now, by model and topic."""
    rows = DeploymentChange.objects.filter(model__in=models).order_by("generation")
    return {(model, topic): at for model, topic, at in rows.values_list("model", "topic", "at")}


def _stretch(change: DeploymentChange, end: DeploymentChange | None) -> Served:
    return Served(
        topic=change.topic,
        slot=change.slot,
        share=change.share or 1.0,
        generation=change.generation_id,
        since=change.at,
        until=None if end is None else end.at,
        by=change.generation.actor,
        reason=change.generation.reason,
        ended_by="" if end is None else end.generation.actor,
        ended_because="" if end is None else end.generation.reason,
    )
