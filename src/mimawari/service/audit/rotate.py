"""Replace the key that signs the ledger: the old one vouches for the new one, in an event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection, transaction

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.ledger import notes
from mimawari.service.audit import keys, storage
from mimawari.service.audit.event_kinds import KEY_ROTATION, KeyRotation
from mimawari.service.audit.record import record
from mimawari.service.audit.sealing import LOCK, seal_as

if TYPE_CHECKING:
    from mimawari.ledger.notes import VerifierKey
    from mimawari.records.principal import Principal


def rotate(principal: Principal, reason: str) -> VerifierKey:
    """Let a new key sign; gives its public half. Whoever calls has asked for the permission.

    The new key is kept first. One transaction then writes the event, seals it, and signs that
    head with both keys; after it the old key signs nothing more. Broken off before the file is
    replaced, nothing is sealed until it is called again.

    Raises
    ------
    InvalidInputError
        No reason is given, or the stored log does not fit its newest checkpoint.
    """
    if not reason.strip():
        raise InvalidInputError(FieldProblem("reason", "is empty", "say why; the ledger keeps it"))
    new = keys.next_key()
    with transaction.atomic():
        _alone()
        note = storage.newest_note()
        if note is None or notes.signers(note)[-1][1] != new.verifier.id:  # not broken off before
            old = keys.signing_key()
            vouched = old.sign(f"{new.verifier}\n")
            details = KeyRotation(str(old.verifier), str(new.verifier), vouched)
            record(KEY_ROTATION, new.verifier.id.hex(), principal, details, reason.strip())
            seal_as(old, new)
    keys.replace()
    return new.verifier


def _alone() -> None:
    """Wait until nobody else seals (SQLite has one writer anyway)."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
