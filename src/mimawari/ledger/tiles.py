"""A log's hashes in tiles of 256, so that a proof reads a few of them and appending a few more.

Tile ``(0, i)`` holds the hashes of leaves 256 i and on; tile ``(level + 1, i)`` holds the roots of
256 complete tiles of the level below, as in C2SP's tlog-tiles. The last tile of a level may be
shorter, and grows. Together the last tiles are the right edge of the log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.ledger.merkle import EMPTY_ROOT, SIZE, Range, fold, node_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Read = Callable[[int, int], bytes]
    """Gives the hashes of a tile by level and number, one behind the other."""

HEIGHT = 8
WIDTH = 1 << HEIGHT


def split(hashes: bytes) -> list[bytes]:
    """Cut a tile into its hashes."""
    return [hashes[at : at + SIZE] for at in range(0, len(hashes), SIZE)]


def extend(read: Read, size: int, leaves: Sequence[bytes]) -> dict[tuple[int, int], bytes]:
    """Append leaves' hashes to a log of a size; gives the tiles that are new or longer."""
    written: dict[tuple[int, int], bytes] = {}
    level, start, hashes = 0, size, list(leaves)
    while hashes:
        first, last = start // WIDTH, (start + len(hashes)) // WIDTH
        inside = start % WIDTH
        before = read(level, first)[: inside * SIZE] if inside else b""
        row = before + b"".join(hashes)
        for number in range(first, last + 1):
            at = (number - first) * WIDTH * SIZE
            if tile := row[at : at + WIDTH * SIZE]:
                written[level, number] = tile
        hashes = [fold(split(written[level, number])) for number in range(first, last)]
        level, start = level + 1, first
    return written


def node(read: Read, level: int, index: int) -> bytes:
    """Give the root of the complete subtree over leaves ``index << level`` and on."""
    tile_level, inside = divmod(level, HEIGHT)
    first = index << inside
    tile = read(tile_level, first // WIDTH)
    at = first % WIDTH * SIZE
    return fold(split(tile[at : at + (SIZE << inside)]))


def subtree(read: Read, start: int, end: int) -> bytes:
    """Give the root over the leaves from ``start`` up to ``end``, as RFC 6962 divides them."""
    size = end - start
    if size == 1 << (size.bit_length() - 1):
        level = size.bit_length() - 1
        return node(read, level, start >> level)
    middle = start + _left(size)
    return node_hash(subtree(read, start, middle), subtree(read, middle, end))


def root(read: Read, size: int) -> bytes:
    """Give the root of the log's first leaves."""
    return subtree(read, 0, size) if size else EMPTY_ROOT


def edge(read: Read, size: int) -> Range:
    """Give the log of a size, to be appended to."""
    hashes, start = [], 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            hashes.append(node(read, level, start >> level))
            start += 1 << level
    return Range(size, hashes)


def inclusion(read: Read, index: int, size: int) -> list[bytes]:
    """Prove that a leaf stands in the log of a size (RFC 6962, section 2.1.1)."""
    proof: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _left(end - start)
        if index < middle:
            proof.append(subtree(read, middle, end))
            end = middle
        else:
            proof.append(subtree(read, start, middle))
            start = middle
    return proof[::-1]


def consistency(read: Read, first: int, second: int) -> list[bytes]:
    """Prove that the log of the second size begins with that of the first (section 2.1.2)."""
    if first in (0, second):
        return []
    proof: list[bytes] = []
    start, end = 0, second
    while first != end:
        middle = start + _left(end - start)
        if first <= middle:
            proof.append(subtree(read, middle, end))
            end = middle
        else:
            proof.append(subtree(read, start, middle))
            start = middle
    if start:  # otherwise the verifier has this root: it is that of the first log
        proof.append(subtree(read, start, end))
    return proof[::-1]


def needed(size: int, index: int | None = None) -> set[tuple[int, int]]:
    """Name the tiles at the right edge of a log, and those above a leaf: all that a proof reads.

    Examples
    --------
    >>> sorted(needed(70_000, 5))
    [(0, 0), (0, 273), (1, 0), (1, 1), (2, 0)]
    """
    tiles: set[tuple[int, int]] = set()
    level = 0
    while hashes := size >> (HEIGHT * level):
        tiles.add((level, (hashes - 1) // WIDTH))
        if index is not None and index >> (HEIGHT * level) < hashes:
            tiles.add((level, index >> (HEIGHT * (level + 1))))
        level += 1
    return tiles


def _left(size: int) -> int:
    """Give the largest power of two below a size."""
    return 1 << ((size - 1).bit_length() - 1)
