"""Checks of a data set beside the version before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.datasets.checks.alone import measured, share

if TYPE_CHECKING:
    from mimawari.datasets.card import Card, TopicCard
    from mimawari.datasets.checks.limits import Limits
    from mimawari.datasets.finding import Finding


def balance(topic: str, now: TopicCard, before: TopicCard, limits: Limits) -> Finding:
    """Measure how far the share of violations moved: the larger of both over the smaller."""
    shares = [share(card.violating, card.labels) for card in (now, before)]
    moved = max(shares) / min(shares) if min(shares) else 1.0
    problem = f"{shares[0]:.1%} violate; {shares[1]:.1%} did in the version before"
    remedy = "see by `mimawari data diff` what came and went"
    return measured("balance", topic, moved, limits.balance, "caution", problem, remedy)


def languages(now: Card, before: Card, limits: Limits) -> Finding:
    """Measure how far the mix of languages moved (total variation of the shares)."""
    names = {*now.languages, *before.languages}
    moves = {
        name: share(now.languages.get(name, 0), now.rows)
        - share(before.languages.get(name, 0), before.rows)
        for name in names
    }
    value = sum(map(abs, moves.values())) / 2
    most = max(moves, key=lambda name: abs(moves[name]), default="")
    change = moves.get(most, 0.0)
    problem = f"the mix of languages moved by {value:.0%}, most of all {most} ({change:+.0%})"
    remedy = "see whether a source is missing or new"
    return measured("languages", "", value, limits.languages, "caution", problem, remedy)
