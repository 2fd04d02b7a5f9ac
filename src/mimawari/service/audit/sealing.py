"""Seal what was written: give events their places in the log, and sign its new head.

Events are found by having no place yet, never by a number up to which all were seen: a lower
number may be committed later. All is one transaction, so a kill at any moment leaves either the
whole batch sealed or none of it, and the next turn goes on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection, transaction

from mimawari.ledger import tiles
from mimawari.ledger.checkpoint import Checkpoint
from mimawari.ledger.leaves import Leaf
from mimawari.service.audit import models, storage
from mimawari.service.audit.keys import signing_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mimawari.ledger.notes import SigningKey
    from mimawari.ledger.tiles import Read

MOST = 10_000
# PostgreSQL's advisory lock of whoever seals.
LOCK = 0x7365616C


def seal(most: int = MOST) -> int:
    """Seal the events that wait, oldest number first; gives how many.

    Parameters
    ----------
    most
        In one batch; call again while as many were sealed.

    Raises
    ------
    InvalidInputError
        The stored log does not fit its newest checkpoint: nothing is signed.
    """
    if not models.Event.objects.filter(sequence=None).exists():
        return 0
    key = signing_key()
    with transaction.atomic():
        return seal_as(key, most=most) if _alone() else 0


def seal_as(*keys: SigningKey, most: int | None = None) -> int:
    """Seal with a signature of each key, of which the first signed before.

    Call it within a transaction that is the only one to seal.
    """
    read = storage.StoredTiles()
    size = storage.head(keys[0].verifier, read).size
    events = list(models.Event.objects.filter(sequence=None).order_by("id")[:most])
    if not events:
        return 0
    leaves = [leaf(event, size + i).hash() for i, event in enumerate(events)]
    log = tiles.edge(read, size)
    for hashed in leaves:
        log.append(hashed)
    _place([event.pk for event in events], size)
    _write(read, size, leaves)
    note = Checkpoint(keys[0].name, log.size, log.root()).signed(*keys)
    models.Checkpoint.objects.create(size=log.size, note=note)
    return len(events)


def seal_all(most: int = MOST) -> int:
    """Seal until nothing waits; gives how many. What the keeper calls every second."""
    total = sealed = seal(most)
    while sealed == most:
        sealed = seal(most)
        total += sealed
    return total


def leaf(event: models.Event, sequence: int) -> Leaf:
    """Give an event's leaf at a place in the log."""
    return Leaf(
        sequence,
        event.pk,
        event.at,
        event.kind,
        event.subject,
        event.principal_kind,
        event.principal,
        bytes(event.commitment).hex(),
    )


def _alone() -> bool:
    """Whether nobody else seals until the transaction ends (SQLite has one writer anyway)."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])


def _place(ids: Sequence[int], size: int) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "UPDATE audit_event SET sequence = given.number + %s - 1 FROM "
                "unnest(%s::bigint[]) WITH ORDINALITY AS given(id, number) "
                "WHERE audit_event.id = given.id",
                [size, list(ids)],
            )
        else:
            cursor.executemany(
                "UPDATE audit_event SET sequence = %s WHERE id = %s",
                [(size + i, number) for i, number in enumerate(ids)],
            )


def _write(read: Read, size: int, leaves: Sequence[bytes]) -> None:
    """Store the tiles that are new, and those that grew."""
    written = tiles.extend(read, size, leaves)
    grown = {(level, number) for level, number in written if number == _unfinished(size, level)}
    new = [
        models.Tile(level=level, number=number, hashes=hashes)
        for (level, number), hashes in written.items()
        if (level, number) not in grown
    ]
    models.Tile.objects.bulk_create(new)
    for level, number in grown:
        rows = models.Tile.objects.filter(level=level, number=number)
        rows.update(hashes=written[level, number])


def _unfinished(size: int, level: int) -> int | None:
    """Give the number of a level's last tile, where a log of a size has begun it already."""
    number, begun = divmod(size >> (tiles.HEIGHT * level), tiles.WIDTH)
    return number if begun else None
