"""What to label next, under a budget of reviews."""

from __future__ import annotations

from mimawari.alerts.selection.choose import COMPARING, STRATEGIES, choose, strategy_of
from mimawari.alerts.selection.embedding import embed
from mimawari.alerts.selection.pool import Pool, Selection, Strategy
from mimawari.alerts.selection.search import likeness

__all__ = [
    "COMPARING",
    "STRATEGIES",
    "Pool",
    "Selection",
    "Strategy",
    "choose",
    "embed",
    "likeness",
    "strategy_of",
]
