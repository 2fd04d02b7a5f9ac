"""Letters set apart: g u n, g-u-n, g.u.n."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.listings.disguises.base import CANONICAL, Respelling
from mimawari.listings.disguises.words import pick

if TYPE_CHECKING:
    import numpy as np

SEPARATORS = (" ", "-", ".", "_", "*", "/", "|", "~", "　", "・", " - ")


def spaced(word: str, random: np.random.Generator) -> str:
    """Put one separator between all the characters of a word of three or more.

    Examples
    --------
    >>> import numpy as np
    >>> [spaced("gun", np.random.default_rng(seed)) for seed in (1, 2)]
    ['g/u/n', 'g・u・n']
    """
    separator = pick(random, SEPARATORS)
    if len(word) < 3:
        return word
    return separator.join(word)


SPACING = Respelling("spacing", "word lists match whole words only", CANONICAL, True, spaced)
