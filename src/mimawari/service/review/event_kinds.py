"""What the ledger is told of decisions and golden items, and how their rows are checked."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from mimawari.records.event import register
from mimawari.service.audit import bulk
from mimawari.service.audit.rows import compare_rows
from mimawari.service.review.models import Decision, DecisionGroup, GoldenItem, Note, PassedOn
from mimawari.service.review.refused import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator


class DecisionDetails(msgspec.Struct, frozen=True, omit_defaults=True):
    """A decision, or what takes one back; and of which listing version and topic it is.

    Without a clause or a group it is written as before there were any.
    """

    alert: int
    listing_version: int
    topic: str
    moderator: int
    verdict: str
    policy_version: int
    generation: int
    decided_at: datetime
    seconds: float
    replaces: int | None
    clause: str | None = None
    group: int | None = None


class GroupDetails(msgspec.Struct, frozen=True):
    """What a moderator decided with one press; its decisions name it."""

    moderator: int
    key: str
    asked: str
    topic: str
    verdict: str
    clause: str | None
    policy_version: int
    refused: tuple[Refused, ...]
    decided_at: datetime


class NoteDetails(msgspec.Struct, frozen=True):
    """What a moderator wrote beside a decision; its number is the event's subject."""

    text: str


class PassedOnDetails(msgspec.Struct, frozen=True):
    """An item that a moderator skipped or escalated, and why."""

    alert: int
    listing_version: int
    topic: str
    moderator: int
    reason: str
    at: datetime


class GoldenDetails(msgspec.Struct, frozen=True):
    """A golden item; ``expected`` is empty where it is retired."""

    listing_version: int
    topic: str
    expected: str
    actor: str
    reason: str
    added_at: datetime


class DecisionImportDetails(msgspec.Struct, frozen=True):
    """A file of past decisions that somebody brought, by its SHA-256, and what became of it."""

    file: str
    sha256: str
    rows: int
    imported: int
    known: int
    rejected: int


DECISION = register("decision", DecisionDetails, "review.Decision")
DECISION_GROUP = register("decision_group", GroupDetails, "review.DecisionGroup")
UNDO = register("undo", DecisionDetails, "review.Decision")
NOTE = register("note", NoteDetails, "review.Note")
SKIP = register("skip", PassedOnDetails, "review.PassedOn")
ESCALATION = register("escalation", PassedOnDetails, "review.PassedOn")
GOLDEN_ITEM = register("golden_item", GoldenDetails, "review.GoldenItem")
DECISION_IMPORT = register("decision_import", DecisionImportDetails)
IMPORTED_DECISIONS = bulk.register(
    "review.ImportedDecision",
    "id",
    (
        *("listing_version_id", "imported_listing_id", "listing_id", "topic", "verdict"),
        *("clause", "reviewer_id", "decided_at", "run_id", "note"),
    ),
)
IMPORTED_LISTINGS = bulk.register(
    "review.ImportedListing", "id", ("listing_id", "seller_id", "payload", "sha256")
)
_COLUMNS = (
    "alert_id",
    "alert__listing_version_id",
    "alert__topic",
    "moderator_id",
    "verdict",
    "policy_version",
    "generation_id",
    "decided_at",
    "seconds",
    "replaces_id",
    "clause",
    "group_id",
)


def decision_details(row: Decision) -> DecisionDetails:
    """Say what a decision's event says."""
    return DecisionDetails(
        row.alert_id,
        row.alert.listing_version_id,
        row.alert.topic,
        row.moderator_id,
        str(row.verdict),
        row.policy_version,
        row.generation_id,
        row.decided_at,
        row.seconds,
        row.replaces_id,
        row.clause,
        row.group_id,
    )


def group_details(row: DecisionGroup) -> GroupDetails:
    """Say what the event of a group says."""
    return GroupDetails(
        row.moderator_id,
        row.key,
        row.asked,
        row.topic,
        str(row.verdict),
        row.clause,
        row.policy_version,
        msgspec.convert(row.refused, tuple[Refused, ...]),
        row.decided_at,
    )


def passed_on_details(row: PassedOn) -> PassedOnDetails:
    """Say what the event of a skip or an escalation says."""
    alert = row.alert
    return PassedOnDetails(
        row.alert_id, alert.listing_version_id, alert.topic, row.moderator_id, row.reason, row.at
    )


def golden_details(row: GoldenItem) -> GoldenDetails:
    """Say what a golden item's event says."""
    return GoldenDetails(
        row.listing_version_id, row.topic, str(row.expected), row.actor, row.reason, row.added_at
    )


def _decisions() -> Iterator[tuple[str, DecisionDetails]]:
    rows = Decision.objects.order_by("pk").values_list("pk", *_COLUMNS)
    for number, *values in rows.iterator(chunk_size=5_000):
        yield str(number), DecisionDetails(*values)


def _groups() -> Iterator[tuple[str, GroupDetails]]:
    for row in DecisionGroup.objects.order_by("pk").iterator():
        yield str(row.pk), group_details(row)


def passed_on_subject(row: PassedOn) -> str:
    """Name a skip or an escalation."""
    return f"alert {row.alert_id}, {row.place}"


def _notes() -> Iterator[tuple[str, NoteDetails]]:
    for number, text in Note.objects.order_by("pk").values_list("pk", "text").iterator():
        yield str(number), NoteDetails(text)


def _passed_on() -> Iterator[tuple[str, PassedOnDetails]]:
    for row in PassedOn.objects.select_related("alert").order_by("pk").iterator():
        yield passed_on_subject(row), passed_on_details(row)


def _golden_items() -> Iterator[tuple[str, GoldenDetails]]:
    for row in GoldenItem.objects.order_by("pk").iterator():
        yield str(row.pk), golden_details(row)


compare_rows("review.Decision", _decisions)
compare_rows("review.DecisionGroup", _groups)
compare_rows("review.Note", _notes)
compare_rows("review.PassedOn", _passed_on)
compare_rows("review.GoldenItem", _golden_items)
