"""What a leaf commits to: who did what to which thing and when, and to the rest by a salted hash.

Whatever may be personal stands in the body alone. Without body and salt a commitment says nothing,
and the log stays as it was: that is how an event's body is erased.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING

import msgspec

from mimawari.ledger.merkle import leaf_hash, root_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Leaf(msgspec.Struct, frozen=True, array_like=True):
    """An event as the log knows it; its encoding is a JSON array without spaces.

    Parameters
    ----------
    sequence, event
        Its place in the log, and its number among the events.
    at
        Microseconds since 1970, UTC.
    commitment
        Hexadecimal SHA-256 of salt and body.

    Examples
    --------
    >>> Leaf(0, 7, 1_700_000_000_000_000, "decision", "12", "user", "3", "00ff").encoded()
    b'[0,7,1700000000000000,"decision","12","user","3","00ff"]'
    """

    sequence: int
    event: int
    at: int
    kind: str
    subject: str
    principal_kind: str
    principal: str
    commitment: str

    def encoded(self) -> bytes:
        """Give the bytes that are hashed."""
        return msgspec.json.encode(self)

    def hash(self) -> bytes:
        """Give the leaf's hash in the log."""
        return leaf_hash(msgspec.json.encode(self))


def new_salt() -> bytes:
    """Draw what hides a body that could be guessed."""
    return secrets.token_bytes(32)


def commitment(salt: bytes, body: bytes) -> bytes:
    """Commit to a body without revealing it."""
    return hashlib.sha256(salt + body).digest()


def row_salt(secret: bytes, key: bytes) -> bytes:
    """Derive a row's salt from its batch's secret, so that no row needs a column for it."""
    return hmac.digest(secret, key, "sha256")


def row_commitments(secret: bytes, rows: Iterable[tuple[bytes, bytes]]) -> list[bytes]:
    """Commit to rows of a batch, each given as its key and its content."""
    sha256, digest = hashlib.sha256, hmac.digest
    return [sha256(digest(secret, key, "sha256") + content).digest() for key, content in rows]


def batch_commitment(commitments: Sequence[bytes]) -> bytes:
    """Give the Merkle root over the commitments of a batch's rows, in their order."""
    return root_of([leaf_hash(commitment) for commitment in commitments])
