"""Words written backwards: niacoc, ンイカコ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.listings.disguises.base import FLAGGED, Respelling

if TYPE_CHECKING:
    import numpy as np

SHORTEST, CAPITAL = 3, 0.5


def backwards(word: str, random: np.random.Generator) -> str:
    """Write a word from its end, now and then with a capital first; what is short stays.

    Examples
    --------
    >>> import numpy as np
    >>> [backwards(word, np.random.default_rng(1)) for word in ("Glock", "コカイン", "go")]
    ['kcolG', 'ンイカコ', 'go']
    """
    if len(word) < SHORTEST or not word.isalpha():
        return word
    return word[::-1].capitalize() if random.random() < CAPITAL else word[::-1]


REVERSED = Respelling("reversed", "a reader turns the word round", FLAGGED, True, backwards)
