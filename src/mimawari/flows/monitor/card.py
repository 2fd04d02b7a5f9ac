"""The card of monitoring: what moved and since when, and the alerts of each topic by day."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from mimawari.evaluation.charts.rows import Row, draw_rows
from mimawari.evaluation.charts.svg import markup
from mimawari.flows.page import HeadedTable, page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mimawari.flows.monitor_records import Monitored, ToldChange, TopicDay
    from mimawari.flows.records import Request, Result


def as_page(result: Result, request: Request) -> str:
    """Render as one self-contained page; every text is escaped."""
    monitored = result.monitored
    assert monitored is not None
    days = [day.day for day in request.days]
    head = ("share", "since", "told", "was", "is", "sellers", "of")
    table = HeadedTable(head, tuple(map(_change, monitored.changes)))
    lead = f"{len(days)} closed days watched, {min(days)} to {max(days)}"
    parts = [f"<p>{escape(_words(monitored))}</p>"]
    parts += [_topic(topic, of) for topic, of in monitored.topics.items()]
    return page(request, lead, table, parts)


def _change(of: ToldChange) -> tuple[str, ...]:
    return (
        f"{of.kind}: {of.name}", f"{of.since:%Y-%m-%d %H:%M}", f"{of.at:%Y-%m-%d %H:%M}",
        f"{of.before:.3f}", f"{of.after:.3f}", f"{of.sellers:,}", of.watch,
    )  # fmt: skip


def _words(of: Monitored) -> str:
    changes = f"{len(of.changes):,} shares moved" if of.changes else "no share moved surely"
    since = ", ".join(f"{name} from {at:%Y-%m-%d}" for name, at in of.watched_from.items())
    learning = "Nothing was watched: a reference takes two weeks to learn."
    return (
        f"{of.versions:,} versions in {of.batches:,} batches: {changes}. "
        f"{f'Watched: {since}.' if since else learning}"
    )


def _topic(topic: str, days: Sequence[TopicDay]) -> str:
    rows = [
        Row(
            f"{day.day}",
            intervals=[] if day.low is None else [("other", day.low, day.high or day.low)],
            dots=[("chosen", float(day.alerted))],
        )
        for day in days
    ]
    name = "alerts a day, and between which they were as usual"
    chart = markup(draw_rows("Alerts", "by day", name, rows))
    table = HeadedTable(
        ("day", "scored", "alerts", "with a label", "violate", "what is not as usual"),
        [
            (f"{d.day}", f"{d.scored:,}", f"{d.alerted:,}", f"{d.judged:,}", f"{d.violating:,}",
             _unusual(d))
            for d in days
        ],
    )  # fmt: skip
    return f"<h2>{escape(topic)}</h2>{chart}{table.html}"


def _unusual(day: TopicDay) -> str:
    words = []
    if day.unusual:
        words.append("too few alerts" if day.alerted < (day.low or 0.0) else "too many alerts")
    if day.precision_fell:
        words.append("precision fell")
    return ", ".join(words)
