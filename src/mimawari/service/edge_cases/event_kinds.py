"""What the ledger is told of edge cases, and how their rows are checked."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from mimawari.records.event import register
from mimawari.service.audit.rows import compare_rows
from mimawari.service.edge_cases.models import EdgeCase, EdgeCaseEnd

if TYPE_CHECKING:
    from collections.abc import Iterator


class EdgeCaseDetails(msgspec.Struct, frozen=True):
    """An edge case; ``sha256`` is of the listing as it is kept. An erasure takes this out."""

    listing_version: int
    listing_id: str
    version: int
    topic: str
    verdict: str
    why: str
    reason: str
    actor: str
    added_at: datetime
    sha256: str


class EdgeCaseEndDetails(msgspec.Struct, frozen=True):
    """An edge case that judges no more."""

    topic: str
    erased: bool
    actor: str
    reason: str
    at: datetime


EDGE_CASE = register("edge_case", EdgeCaseDetails, "edge_cases.EdgeCase")
EDGE_CASE_END = register("edge_case_end", EdgeCaseEndDetails, "edge_cases.EdgeCaseEnd")


def case_subject(row: EdgeCase) -> str:
    """Name an edge case before it has a number."""
    return f"version {row.listing_version}, {row.topic}, {row.place}"


def case_details(row: EdgeCase) -> EdgeCaseDetails:
    """Say what an edge case's event says."""
    kept = f"{row.payload}\0{row.picture_text}\0{row.seller_id}"
    return EdgeCaseDetails(
        row.listing_version,
        row.listing_id,
        row.version,
        row.topic,
        row.verdict,
        str(row.why),
        row.reason,
        row.actor,
        row.added_at,
        hashlib.sha256(kept.encode()).hexdigest(),
    )


def end_details(row: EdgeCaseEnd) -> EdgeCaseEndDetails:
    """Say what the event of an end says."""
    return EdgeCaseEndDetails(row.case.topic, row.erased, row.actor, row.reason, row.at)


def _cases() -> Iterator[tuple[str, EdgeCaseDetails]]:
    for row in EdgeCase.objects.order_by("pk").iterator():
        yield case_subject(row), case_details(row)


def _ends() -> Iterator[tuple[str, EdgeCaseEndDetails]]:
    rows = EdgeCaseEnd.objects.select_related("case").order_by("pk")
    for row in rows.iterator():
        yield str(row.pk), end_details(row)


compare_rows("edge_cases.EdgeCase", _cases)
compare_rows("edge_cases.EdgeCaseEnd", _ends)
