"""The variants of words as arrays, which the compiled loop walks along a text."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mimawari.listings.normalise.pairs import pair_bits
from mimawari.listings.normalise.tables import LIMIT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

# Particles that may follow a kana variant: ないきの, ないきを.
PARTICLES = np.array([ord(c) for c in "のはがをとでもにやへ"], np.uint32)
ALONE = 2  # what `opens` says


class Trie(NamedTuple):
    """All variants as arrays: a hashed trie, and the readings at its leaves.

    ``opens`` says of a code point whether a variant may begin with it, ALONE where it is one
    itself; ``pairs`` has the bits of the first two code points of those that are longer.
    """

    keys: NDArray[np.int64]
    values: NDArray[np.int32]
    opens: NDArray[np.uint8]
    pairs: NDArray[np.uint8]
    reading: NDArray[np.int32]
    starts: NDArray[np.int32]
    readings: NDArray[np.uint32]
    particles: NDArray[np.uint32]

    @classmethod
    def of(cls, variants: Mapping[str, str]) -> Trie:
        """Lay variants out, each with what it reads as."""
        edges: dict[tuple[int, int], int] = {}
        leaves = [-1]
        texts = sorted(set(variants.values()))
        for variant, text in variants.items():
            node = 0
            for char in variant:
                if (node, ord(char)) not in edges:
                    edges[node, ord(char)] = len(leaves)
                    leaves.append(-1)
                node = edges[node, ord(char)]
            leaves[node] = texts.index(text)
        size = 1 << max(4, (2 * len(edges)).bit_length())
        keys, values = np.full(size, -1, np.int64), np.zeros(size, np.int32)
        for (node, code), target in edges.items():
            key = node << 21 | code
            slot = (key * 0x9E3779B1) & (size - 1)
            while keys[slot] != -1:
                slot = (slot + 1) & (size - 1)
            keys[slot], values[slot] = key, target
        opens = np.zeros(LIMIT, np.uint8)
        opens[np.array([ord(v[0]) for v in variants], np.int64)] = 1
        opens[np.array([ord(v) for v in variants if len(v) == 1], np.int64)] = ALONE
        pairs = pair_bits((ord(v[0]), ord(v[1])) for v in variants if len(v) > 1)
        bounds = np.cumsum([0, *map(len, texts)]).astype(np.int32)
        codes = np.array([ord(c) for t in texts for c in t], np.uint32)
        return cls(keys, values, opens, pairs, np.array(leaves, np.int32), bounds, codes, PARTICLES)
