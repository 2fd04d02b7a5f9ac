"""The Merkle log in the database: its tiles, and its newest signed head."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.ledger import tiles
from mimawari.ledger.checkpoint import Checkpoint
from mimawari.ledger.merkle import EMPTY_ROOT
from mimawari.service.audit import models

if TYPE_CHECKING:
    from collections.abc import Callable

    from mimawari.ledger.notes import VerifierKey


def read_tile(level: int, number: int) -> bytes:
    """Read a tile; one that is missing is empty, and fits no checkpoint."""
    rows = models.Tile.objects.filter(level=level, number=number)
    hashes = rows.values_list("hashes", flat=True).first()
    return b"" if hashes is None else bytes(hashes)


def reader() -> Callable[[int, int], bytes]:
    """Give a reader that reads each tile once."""
    known: dict[tuple[int, int], bytes] = {}

    def read(level: int, number: int) -> bytes:
        if (level, number) not in known:
            known[level, number] = read_tile(level, number)
        return known[level, number]

    return read


def newest_note() -> str | None:
    """Give the newest signed checkpoint."""
    return models.Checkpoint.objects.order_by("-size").values_list("note", flat=True).first()


def head(key: VerifierKey, read: Callable[[int, int], bytes]) -> Checkpoint:
    """Give the newest checkpoint, once its signature and the log's right edge fit it.

    Raises
    ------
    InvalidInputError
        They do not, so nothing may be signed that comes after it.
    """
    note = newest_note()
    if note is None:
        return Checkpoint(key.name, 0, EMPTY_ROOT)
    newest = Checkpoint.opened(note, key)
    if tiles.edge(read, newest.size).root() != newest.root:
        problem = f"the newest one, of {newest.size} events, does not fit the stored hashes"
        remedy = "run 'mimawari audit verify'; restore a back-up"
        raise InvalidInputError(FieldProblem("checkpoint", problem, remedy))
    return newest
