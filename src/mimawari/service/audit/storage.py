"""The Merkle log in the database: its tiles, and its newest signed head."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from django.db.models import Q

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.ledger import notes, tiles
from mimawari.ledger.checkpoint import Checkpoint
from mimawari.ledger.merkle import EMPTY_ROOT
from mimawari.service.audit import models

if TYPE_CHECKING:
    from mimawari.ledger.notes import VerifierKey


class StoredTiles:
    """Reads tiles, each once; one that is missing is empty, and fits no checkpoint."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], bytes] = {}

    def load(self, wanted: set[tuple[int, int]]) -> None:
        """Read tiles by level and number, with one query."""
        missing = wanted - self._known.keys()
        if not missing:
            return
        where = [Q(level=level, number=number) for level, number in missing]
        self._known |= dict.fromkeys(missing, b"")
        rows = models.Tile.objects.filter(reduce(or_, where))
        for level, number, hashes in rows.values_list("level", "number", "hashes"):
            self._known[level, number] = bytes(hashes)

    def __call__(self, level: int, number: int) -> bytes:
        """Give a tile's hashes."""
        self.load({(level, number)})
        return self._known[level, number]


def newest_note() -> str | None:
    """Give the newest signed checkpoint."""
    return models.Checkpoint.objects.order_by("-size").values_list("note", flat=True).first()


def head(key: VerifierKey, read: StoredTiles) -> Checkpoint:
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
    if notes.signers(note)[-1][1] != key.id:
        problem = f"the newest one hands over from the key {key.id.hex()} to another"
        remedy = "run 'mimawari audit key rotate' again to finish, or copy the new ledger_key here"
        raise InvalidInputError(FieldProblem("checkpoint", problem, remedy))
    read.load(tiles.needed(newest.size))
    if tiles.edge(read, newest.size).root() != newest.root:
        problem = f"the newest one, of {newest.size} events, does not fit the stored hashes"
        remedy = "run 'mimawari audit verify'; restore a back-up"
        raise InvalidInputError(FieldProblem("checkpoint", problem, remedy))
    return newest
