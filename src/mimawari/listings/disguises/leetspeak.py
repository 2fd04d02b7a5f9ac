"""Digits and symbols for letters: w33d, gl0ck."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.listings.disguises.base import TRAINING, Respelling
from mimawari.listings.disguises.words import pick

if TYPE_CHECKING:
    import numpy as np

STAND_INS = {
    "a": "4@", "b": "8", "e": "3", "g": "9", "i": "1!", "l": "1", "o": "0",
    "s": "5$", "t": "7+", "z": "2",
}  # fmt: skip


def leet(word: str, random: np.random.Generator) -> str:
    """Write digits or symbols for about two in three of the letters that have one.

    Examples
    --------
    >>> import numpy as np
    >>> leet("steroids", np.random.default_rng(1))
    '$+er01d$'
    """
    return "".join(
        pick(random, STAND_INS[c.lower()])
        if c.lower() in STAND_INS and random.random() < 2 / 3
        else c
        for c in word
    )


LEETSPEAK = Respelling(
    "leetspeak",
    "the canonical form undoes digits between letters, not all symbols nor a word's ends",
    TRAINING,
    True,
    leet,
)
