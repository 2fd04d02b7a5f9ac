"""Verify the log: events against leaves, leaves against tiles, tiles against checkpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mimawari.errors import InvalidInputError
from mimawari.ledger import tiles
from mimawari.ledger.checkpoint import Checkpoint
from mimawari.ledger.merkle import SIZE, Range
from mimawari.service.audit import models

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mimawari.service.audit.keychain import KeyChain
    from mimawari.service.audit.verify_events import Events

    Problem = tuple[str, str]


def check_log(events: Events, keys: KeyChain, kept: Checkpoint | None) -> Iterator[Problem]:
    """Give what does not fit in the log over events that were read.

    Parameters
    ----------
    keys
        Those that signed.
    kept
        A checkpoint that was kept elsewhere.
    """
    stored = {
        (level, number): bytes(hashes)
        for level, number, hashes in models.Tile.objects.values_list("level", "number", "hashes")
    }
    leaves = b"".join(h for (level, _), h in sorted(stored.items()) if level == 0)
    yield from _leaves(events, leaves)
    # Where event and leaf differ the leaf is asked whether it is what was signed.
    trusted = leaves + bytes(events.leaves[len(leaves) :])
    yield from _tiles(stored, trusted)
    heads = []
    for note in models.Checkpoint.objects.order_by("size"):
        try:
            head = Checkpoint.opened(note.note, keys.of(note.size))
        except InvalidInputError as error:
            yield f"checkpoint of {note.size}", error.problems[0].problem
            continue
        if head.size != note.size:
            yield f"checkpoint of {note.size}", f"its note is of {head.size} events"
        heads.append(head)
    yield from _heads(events, trusted, heads)
    if kept is not None:
        yield from _compare_with(trusted, heads, kept)


def _leaves(events: Events, leaves: bytes) -> Iterator[Problem]:
    """Compare each event with its leaf."""
    size = min(len(leaves), len(events.leaves)) // SIZE * SIZE
    pair = (
        np.frombuffer(data[:size], np.uint8).reshape(-1, SIZE) for data in (leaves, events.leaves)
    )
    now, sealed = pair
    for place in np.flatnonzero((now != sealed).any(axis=1)).tolist():
        yield (
            _who(events, place),
            (
                "is gone: it was deleted"
                if events.ids[place] < 0
                else "does not fit its leaf: it was changed"
            ),
        )
    for place in range(size // SIZE, len(events.ids)):
        yield _who(events, place), "has a place but no leaf: it was inserted past the service"
    for place in range(size // SIZE, len(leaves) // SIZE):
        yield f"the event at place {place}", "is gone: it was deleted"


def _tiles(stored: dict[tuple[int, int], bytes], leaves: bytes) -> Iterator[Problem]:
    """Compare the tiles with those that the leaves make."""
    made = tiles.extend(lambda *_: b"", 0, tiles.split(leaves))
    for level, number in sorted(stored.keys() | made.keys()):
        if stored.get((level, number)) != made.get((level, number)):
            width = tiles.WIDTH ** (level + 1)
            first, last = number * width, (number + 1) * width - 1
            yield f"tile {level}/{number}", f"does not fit the leaves {first} to {last}"


def _heads(events: Events, leaves: bytes, heads: list[Checkpoint]) -> Iterator[Problem]:
    """Compare the log with every checkpoint it signed; names the first batch that fails."""
    log = Range()
    for head in heads:
        before = log.size
        if head.root != _grown(log, leaves, head.size):
            first, last = _who(events, before), _who(events, head.size - 1)
            yield (
                f"sealed batch from {first} to {last}",
                (f"does not fit the checkpoint of {head.size}: it was changed, hashes and all"),
            )
            return
    if len(leaves) // SIZE > log.size:
        first = _who(events, log.size)
        yield first, "and what follows stand behind the newest checkpoint: inserted, or it is gone"


def _compare_with(leaves: bytes, heads: list[Checkpoint], kept: Checkpoint) -> Iterator[Problem]:
    """Compare the log with a checkpoint from elsewhere."""
    size = len(leaves) // SIZE
    name = f"the kept checkpoint of {kept.size}"
    if kept.size > size:
        yield name, f"the ledger holds {size} events: {kept.size - size} were cut off"
    elif kept.root != _grown(Range(), leaves, kept.size):
        same = [head.root for head in heads if head.size == kept.size]
        how = "and signed anew" if same and same != [kept.root] else "since it was kept"
        yield name, f"the ledger's first {kept.size} events are others: it was rewritten {how}"


def _grown(log: Range, leaves: bytes, size: int) -> bytes:
    """Append leaves up to a size; gives the root, of fewer where there are fewer."""
    for at in range(log.size * SIZE, min(size * SIZE, len(leaves)), SIZE):
        log.append(leaves[at : at + SIZE])
    return log.root()


def _who(events: Events, place: int) -> str:
    known = 0 <= place < len(events.ids) and events.ids[place] >= 0
    return f"event {events.ids[place]}" if known else f"the event at place {place}"
