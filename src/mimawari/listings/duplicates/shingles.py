"""A text as the set of its short pieces, and how alike two such sets are.

Broder (1997), "On the resemblance and containment of documents".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from rensa import RMinHash

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

WIDTH = 5  # characters: neither Japanese nor run-together words need a word splitter
PERMUTATIONS = 128  # standard error of an estimated similarity of 0.7: 0.04
SEED = 20


def shingles(text: str) -> frozenset[str]:
    """Cut a canonical text into its overlapping pieces of 5 characters.

    Examples
    --------
    >>> sorted(shingles("air gun"))
    ['air g', 'ir gu', 'r gun']
    >>> shingles("gun"), shingles("")
    (frozenset({'gun'}), frozenset())
    """
    last = max(1, len(text) - WIDTH + 1)
    return frozenset(text[at : at + WIDTH] for at in range(last)) if text else frozenset()


def jaccard(first: frozenset[str], second: frozenset[str]) -> float:
    """Give the exact share of pieces that both have; 0 where neither has any.

    Examples
    --------
    >>> jaccard(frozenset("ab"), frozenset("bc")) == 1 / 3
    True
    """
    either = len(first | second)
    return len(first & second) / either if either else 0.0


def digests(texts: Sequence[str]) -> NDArray[np.uint32]:
    """Sketch canonical texts so that the share of equal numbers estimates `jaccard`.

    Returns
    -------
    NDArray
        Shape (texts, 128).
    """
    pieces = [sorted(shingles(text)) for text in texts]
    sketches = RMinHash.digests_from_token_sets(pieces, num_perm=PERMUTATIONS, seed=SEED)
    return np.array(sketches, np.uint32).reshape(len(texts), PERMUTATIONS)
