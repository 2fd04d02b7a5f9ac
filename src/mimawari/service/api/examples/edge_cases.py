"""Examples of edge cases, and the types of what the API says of them."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec


class EdgeCaseEnded(msgspec.Struct, frozen=True):
    """Who let it judge no more, and why; ``erased`` says that its seller was erased."""

    at: datetime
    by: str
    reason: str
    erased: bool


class EdgeCaseRow(msgspec.Struct, frozen=True):
    """A hard listing of a topic, its verdict, why it is hard and who added it."""

    number: int
    topic: str
    listing_id: str
    version: int
    title: str
    verdict: str
    why: str
    reason: str
    added_at: datetime
    added_by: str
    ended: EdgeCaseEnded | None = None


class EdgeCaseList(msgspec.Struct, frozen=True):
    """Edge cases, the newest first."""

    edge_cases: list[EdgeCaseRow]


AT = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
ROW = EdgeCaseRow(
    number=7,
    topic="weapons",
    listing_id="1001",
    version=1,
    title="a gift for a collector, ask for details",
    verdict="violates",
    why="disguise",
    reason="the word is in the picture alone",
    added_at=AT,
    added_by="ben",
)
LIST = EdgeCaseList([ROW])
