"""Letters said again and again: guuun."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.listings.disguises.base import CANONICAL, Respelling
from mimawari.listings.disguises.words import pick

if TYPE_CHECKING:
    import numpy as np


def stretched(word: str, random: np.random.Generator) -> str:
    """Repeat one letter that has no equal beside it, three to six times in all.

    Examples
    --------
    >>> import numpy as np
    >>> stretched("gun", np.random.default_rng(1))
    'guuuuun'
    """
    lower = word.lower()
    single = [
        i
        for i, c in enumerate(lower)
        if c.isalpha() and c not in (lower[:i][-1:], lower[i + 1 : i + 2])
    ]
    if not single:
        return word
    at = pick(random, single)
    return word[:at] + word[at] * int(random.integers(3, 7)) + word[at + 1 :]


STRETCHING = Respelling(
    "stretching", "a drawn-out word is in no word list", CANONICAL, True, stretched
)
