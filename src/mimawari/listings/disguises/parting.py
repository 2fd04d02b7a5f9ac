"""A word broken in two, by a mark or by a space: coc.aine, コカ イン."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.listings.disguises.base import KNOWN_WORDS, Respelling
from mimawari.listings.disguises.words import pick

if TYPE_CHECKING:
    import numpy as np

MARKS = (".", "-", "_", "~", "|", "✨", "★", "・")
SPACES = (" ", " ", "　")
SHORTEST_LATIN, SHORTEST_JAPANESE = 4, 3


def parted(word: str, by: str, random: np.random.Generator) -> str:
    """Put a mark at one place inside a word; short words and numbers stay.

    Examples
    --------
    >>> import numpy as np
    >>> [parted(word, "-", np.random.default_rng(1)) for word in ("cocaine", "コカイン", "gun")]
    ['coc-aine', 'コカ-イン', 'gun']
    """
    shortest = SHORTEST_LATIN if word.isascii() else SHORTEST_JAPANESE
    if len(word) < shortest or not word.isalpha():
        return word
    at = int(random.integers(1, len(word)))
    return word[:at] + by + word[at:]


INNER_MARK = Respelling(
    "inner_mark",
    "one mark makes two words of one",
    KNOWN_WORDS,
    True,
    lambda word, random: parted(word, pick(random, MARKS), random),
)
INNER_SPACE = Respelling(
    "inner_space",
    "one space makes two words of one",
    KNOWN_WORDS,
    True,
    lambda word, random: parted(word, pick(random, SPACES), random),
)
