"""The ledger's own kinds of event: batches of rows, erasures, removals, and its signing keys."""

from __future__ import annotations

import msgspec

from mimawari.records.event import register
from mimawari.records.principal import Principal

LEDGER = Principal("system", "ledger", "ledger")


class Rows(msgspec.Struct, frozen=True):
    """Rows of a table that were written together.

    ``ids`` holds stretches of keys, each its first and its last; ``root`` is the hexadecimal
    Merkle root over the commitments to these rows, in the order of their keys.
    """

    table: str
    ids: tuple[tuple[int, int], ...]
    root: str


class Erasure(msgspec.Struct, frozen=True):
    """Events whose bodies are erased, or rows of a table whose content is."""

    events: tuple[int, ...] = ()
    table: str = ""
    rows: tuple[int, ...] = ()


class Removal(msgspec.Struct, frozen=True):
    """Rows that retention deleted, by table the stretches of their keys.

    ``before`` is the day that was asked for, ``days`` how many listing versions of each day went.
    """

    before: str
    days: dict[str, int]
    rows: dict[str, tuple[tuple[int, int], ...]]


class KeyRotation(msgspec.Struct, frozen=True):
    """Which key signs checkpoints from this event on.

    ``note`` is the text of the new verifier key, signed by the old one.
    """

    old: str
    new: str
    note: str


ROWS = register("rows", Rows)
ERASURE = register("erasure", Erasure)
REMOVAL = register("removal", Removal)
KEY_ROTATION = register("key_rotation", KeyRotation)
# Without these bodies nothing could be verified; there is nothing personal in them.
NEVER_ERASED = (ROWS.name, ERASURE.name, REMOVAL.name, KEY_ROTATION.name)
