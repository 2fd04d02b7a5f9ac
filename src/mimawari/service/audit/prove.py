"""Prove to a stranger that an event is in the log that a checkpoint signs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.ledger import tiles
from mimawari.service.audit import models, storage
from mimawari.service.audit.keys import signing_key
from mimawari.service.audit.sealing import leaf

if TYPE_CHECKING:
    from mimawari.ledger.checkpoint import Checkpoint


class InclusionProof(msgspec.Struct, frozen=True):
    """All that a stranger needs beside the verifier key.

    ``leaf`` is the text that was hashed, ``path`` the hashes beside the way to the root, in
    hexadecimal as the salt is. ``leaf`` is a JSON array: place, number, microseconds since 1970,
    kind, subject, who (kind and identifier), and the SHA-256 of salt and body. Where the event
    was erased, salt and body are None.
    """

    leaf: str
    index: int
    path: tuple[str, ...]
    checkpoint: str
    salt: str | None
    body: str | None


class ConsistencyProof(msgspec.Struct, frozen=True):
    """That the newest checkpoint's log begins with that of an older one."""

    first: int
    path: tuple[str, ...]
    checkpoint: str


def prove(number: int, kept: Checkpoint | None = None) -> InclusionProof:
    """Prove an event by its number.

    Parameters
    ----------
    kept
        The checkpoint it is proved against; the newest by default.

    Raises
    ------
    InvalidInputError
        There is none, it is not sealed by then, or the log does not fit the checkpoint.
    """
    event = models.Event.objects.filter(pk=number).first()
    if event is None:
        raise _refused(f"{number} is none", "see 'mimawari audit export'")
    read, key = storage.StoredTiles(), signing_key()
    head = storage.head(key.verifier, read)
    if kept is not None:
        read.load(tiles.needed(kept.size))
        if kept.size > head.size or tiles.root(read, kept.size) != kept.root:
            problem = "does not fit the ledger"
            remedy = "run 'mimawari audit verify --checkpoint FILE'"
            raise InvalidInputError(FieldProblem("checkpoint", problem, remedy))
        head = kept
    if event.sequence is None or event.sequence >= head.size:
        raise _refused(
            f"{number} is not in the log of {head.size} events", "take a newer checkpoint"
        )
    read.load(tiles.needed(head.size, event.sequence))
    return InclusionProof(
        leaf=leaf(event, event.sequence).encoded().decode(),
        index=event.sequence,
        path=tuple(h.hex() for h in tiles.inclusion(read, event.sequence, head.size)),
        checkpoint=head.signed(key),
        salt=None if event.salt is None else bytes(event.salt).hex(),
        body=event.body,
    )


def extension(first: int) -> ConsistencyProof:
    """Prove that the log of today begins with its first events, so many.

    Raises
    ------
    InvalidInputError
        It does not hold so many.
    """
    read = storage.StoredTiles()
    newest = storage.head(signing_key().verifier, read)
    if first > newest.size:
        problem = f"holds {first} events, the ledger {newest.size}: some were cut off"
        raise InvalidInputError(FieldProblem("checkpoint", problem, "restore a back-up"))
    path = tuple(h.hex() for h in tiles.consistency(read, first, newest.size))
    return ConsistencyProof(first, path, storage.newest_note() or "")


def _refused(problem: str, remedy: str) -> InvalidInputError:
    return InvalidInputError(FieldProblem("event", problem, remedy))
