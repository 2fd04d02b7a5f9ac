"""What a selection is asked for, and what it gives."""

from __future__ import annotations

from datetime import date

import msgspec

SOURCES = ("uncertain", "models", "shadows", "random")
"""Sources of campaigns that scores alone answer, by the names that campaigns have."""


class SelectSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How many listings of each topic are chosen, from which sources, by which draw."""

    budget: int = 100
    sources: tuple[str, ...] = SOURCES
    seed: int = 0


class ChosenVersion(msgspec.Struct, frozen=True):
    """A listing version to label: the source it is from, and its probability where chance drew it.

    ``score`` is what competed for the list; None where nothing was said.
    """

    number: int
    day: date
    source: str
    score: float | None
    probability: float | None


class CampaignPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A plan that `mimawari campaigns create --plan` takes.

    Parameters
    ----------
    budget, labels
        Reviews a day, and the goal.
    until
        The last day.
    days
        How old a listing may be.
    """

    sources: tuple[str, ...]
    budget: int
    labels: int
    until: date
    days: int


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """What is chosen of a topic.

    Parameters
    ----------
    scored, open
        Versions of these days that the topic had a score for; of these neither put before
        moderators nor labelled.
    available
        By source how many open versions it has something to say of.
    """

    topic: str
    scored: int
    open: int
    available: dict[str, int]
    chosen: tuple[ChosenVersion, ...]
    plan: CampaignPlan
