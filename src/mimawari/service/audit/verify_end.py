"""Verify the newest events alone, in a time that does not grow with the ledger."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from mimawari.errors import InvalidInputError
from mimawari.ledger import tiles
from mimawari.ledger.merkle import SIZE
from mimawari.service.audit import storage
from mimawari.service.audit.keys import signing_key
from mimawari.service.audit.models import Event
from mimawari.service.audit.sealing import leaf
from mimawari.service.audit.verify import Problem, snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mimawari.ledger.checkpoint import Checkpoint

NEWEST = 10_000


def verify_end(most: int = NEWEST) -> list[Problem]:
    """Compare the newest sealed events with the newest checkpoint; gives what does not fit.

    The leaves that they make, behind the stored hashes of all before, must give the signed root.
    What was changed in older events, or in rows, is not seen: that is `verify.verify`'s.
    """
    with snapshot():
        read = storage.StoredTiles()
        try:
            head = storage.head(signing_key().verifier, read)
        except InvalidInputError as error:
            return [Problem(problem.field, problem.problem) for problem in error.problems]
        # From the beginning of a tile, so that what stands before is in complete ones.
        start = max(0, head.size - most) // tiles.WIDTH * tiles.WIDTH
        return [Problem(*problem) for problem in _newest(head, read, start)]


def _newest(head: Checkpoint, read: storage.StoredTiles, start: int) -> Iterator[tuple[str, str]]:
    log, numbers, leaves = tiles.edge(read, start), [], []
    for event in Event.objects.filter(sequence__range=(start, head.size - 1)).order_by("sequence"):
        if event.sequence is None:
            continue
        if event.salt is not None and event.body is not None:
            committed = hashlib.sha256(bytes(event.salt) + event.body.encode()).digest()
            if committed != bytes(event.commitment):
                problem = "its body is not the one it commits to: it was changed"
                yield f"event {event.pk}", problem
        leaves.append(leaf(event, event.sequence).hash())
        numbers.append(event.pk)
        log.append(leaves[-1])
    if log.size != head.size:
        missing = head.size - log.size
        yield f"the newest {head.size - start} events", f"{missing} are gone: they were deleted"
    elif log.root() != head.root:
        changed = [
            number
            for place, (number, hashed) in enumerate(zip(numbers, leaves, strict=True))
            if hashed != _stored(read, start + place)
        ]
        where = f"event {changed[0]}" if changed else f"the newest {head.size - start} events"
        yield where, f"does not fit the checkpoint of {head.size}: it was changed"


def _stored(read: storage.StoredTiles, place: int) -> bytes:
    number, inside = divmod(place, tiles.WIDTH)
    return read(0, number)[inside * SIZE : (inside + 1) * SIZE]
