"""What a run over history is asked for: closed days, and what is in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.flows.records import HistoryDay, Served
from mimawari.service.history.days import closed_days
from mimawari.service.releases.activating import manifest_in_force, require_topic

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

OVER_HISTORY = ("backtest", "select", "monitor")
MOST_DAYS = 30


def days_between(since: date | None, until: date | None) -> tuple[HistoryDay, ...]:
    """Give the closed days of a stretch, its ends included; the newest thirty where none is named.

    Raises
    ------
    InvalidInputError
        None of them is closed.
    """
    rows = [
        row
        for row in closed_days()
        if (since is None or row.day >= since) and (until is None or row.day <= until)
    ]
    if since is None:
        rows = rows[-MOST_DAYS:]
    if not rows:
        span = f"from {since or 'the first day'} to {until or 'today'}"
        remedy = "mimawari history list shows closed days, mimawari history close closes them"
        raise InvalidInputError(FieldProblem("days", f"none {span} is closed", remedy))
    return tuple(
        HistoryDay(
            day=row.day, versions=row.versions, scores=row.scores, sent=row.sent, totals=row.totals
        )
        for row in rows
    )


def served(topics: Sequence[str]) -> Served:
    """Give what is in force for some topics.

    Raises
    ------
    InvalidInputError
        A topic is not in force.
    """
    manifest = manifest_in_force()
    for topic in topics:
        require_topic(manifest, topic)
    entries = {topic: manifest.topics[topic] for topic in topics}
    return Served(
        champions={t: entry.champion for t, entry in entries.items() if entry.champion},
        capacities={t: entry.capacity for t, entry in entries.items()},
        precisions={
            rule: precision
            for rule, precision in manifest.rule_precisions.items()
            if rule.partition("/")[0] in entries
        },
    )
