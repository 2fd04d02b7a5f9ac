"""Hashes and proofs of a Merkle log, as RFC 6962 and RFC 9162 define them (SHA-256).

A leaf is hashed behind a zero byte and a node behind a one, so that neither passes for the other.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

EMPTY_ROOT = hashlib.sha256(b"").digest()
SIZE = 32


def leaf_hash(data: bytes) -> bytes:
    """Hash what a leaf says."""
    return hashlib.sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees together."""
    return hashlib.sha256(b"\1" + left + right).digest()


def fold(hashes: Sequence[bytes]) -> bytes:
    """Give the root over a power of two of hashes."""
    level = list(hashes)
    while len(level) > 1:
        level = [
            node_hash(left, right) for left, right in zip(level[::2], level[1::2], strict=True)
        ]
    return level[0]


class Range:
    """A log that grows by appending, kept as the hashes of its right edge alone.

    Examples
    --------
    >>> log = Range()
    >>> log.root() == EMPTY_ROOT
    True
    >>> log.append(leaf_hash(b"a")), log.append(leaf_hash(b"b"))
    (None, None)
    >>> log.size, log.root() == node_hash(leaf_hash(b"a"), leaf_hash(b"b"))
    (2, True)
    """

    def __init__(self, size: int = 0, edge: Iterable[bytes] = ()) -> None:
        self.size, self.edge = size, list(edge)

    def append(self, leaf: bytes) -> None:
        """Add a leaf's hash: complete subtrees of one size become one, as a counter carries."""
        size, sha256, edge = self.size, hashlib.sha256, self.edge
        while size & 1:
            leaf = sha256(b"\1" + edge.pop() + leaf).digest()
            size >>= 1
        edge.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """Give the root over all leaves so far."""
        if not self.edge:
            return EMPTY_ROOT
        root = self.edge[-1]
        for left in reversed(self.edge[:-1]):
            root = node_hash(left, root)
        return root


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Give the root over leaves' hashes."""
    log = Range()
    for leaf in leaves:
        log.append(leaf)
    return log.root()


def includes(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether a proof shows that a leaf stands at a place in the log of a size and a root.

    RFC 9162, section 2.1.3.2.
    """
    if not 0 <= index < size:
        return False
    last, result = size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if index & 1 or index == last:
            result = node_hash(sibling, result)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            result = node_hash(result, sibling)
        index, last = index >> 1, last >> 1
    return last == 0 and result == root


def extends(
    first: int, second: int, proof: Sequence[bytes], first_root: bytes, second_root: bytes
) -> bool:
    """Whether a proof shows that the log of the second size begins with that of the first.

    RFC 9162, section 2.1.4.2; every log extends the empty one.
    """
    if first in (0, second):
        return not proof and first_root == (second_root if first else EMPTY_ROOT)
    if not 0 < first < second:
        return False
    hashes = list(proof)
    if first & (first - 1) == 0:
        hashes.insert(0, first_root)
    if not hashes:
        return False
    index, last = first - 1, second - 1
    while index & 1:
        index, last = index >> 1, last >> 1
    old = new = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        if index & 1 or index == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        index, last = index >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root
