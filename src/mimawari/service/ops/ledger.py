"""The append-only ledger: who changed what, each entry sealed by the hash of the last.

Changing or removing an entry breaks every hash after it; `verify` finds the first. An export
kept elsewhere proves that the chain was not rewritten as a whole.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.utils import timezone

from mimawari.service.ops.models import LedgerEntry

if TYPE_CHECKING:
    from collections.abc import Iterator

GENESIS = "0" * 64
# PostgreSQL's advisory lock that makes appends one after the other.
LOCK = 0x6D696D61


def seal(entry: LedgerEntry) -> str:
    """Hash everything an entry says, the previous hash included, as canonical JSON."""
    said = {
        "seq": entry.seq,
        "at": entry.at.isoformat(),
        "actor": entry.actor,
        "kind": entry.kind,
        "subject": entry.subject,
        "body": entry.body,
        "previous_hash": entry.previous_hash,
    }
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def append(actor: str, kind: str, subject: str, body: dict[str, Any]) -> LedgerEntry:
    """Append one entry, within the caller's transaction where there is one."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        last = LedgerEntry.objects.order_by("-seq").first()
        entry = LedgerEntry(
            seq=last.seq + 1 if last else 1,
            at=timezone.now(),
            actor=actor,
            kind=kind,
            subject=subject,
            body=body,
            previous_hash=last.hash if last else GENESIS,
        )
        entry.hash = seal(entry)
        entry.save(force_insert=True)
    return entry


def verify() -> tuple[int, int | None]:
    """Check the whole chain.

    Returns
    -------
    count, broken
        Entries checked, and the number of the first that does not fit (None: all do).
    """
    previous, count = GENESIS, 0
    for entry in LedgerEntry.objects.order_by("seq").iterator():
        count += 1
        fits = entry.seq == count and entry.previous_hash == previous
        if not fits or seal(entry) != entry.hash:
            return count, count
        previous = entry.hash
    return count, None


def export() -> Iterator[dict[str, Any]]:
    """Yield every entry as plain data, oldest first."""
    for entry in LedgerEntry.objects.order_by("seq").iterator():
        yield {
            "seq": entry.seq,
            "at": entry.at.isoformat(),
            "actor": entry.actor,
            "kind": entry.kind,
            "subject": entry.subject,
            "body": entry.body,
            "previous_hash": entry.previous_hash,
            "hash": entry.hash,
        }
