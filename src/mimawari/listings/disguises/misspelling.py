"""Names spelled wrongly: Nkie, Adiddas, Guci."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.listings.disguises.base import TRAINING, Respelling
from mimawari.listings.disguises.words import pick

if TYPE_CHECKING:
    import numpy as np

SHORTEST = 4  # a buyer no longer reads gun in gn


def misspelled(word: str, random: np.random.Generator) -> str:
    """Swap, double or drop one letter; the first one stays, and so do short words and digits.

    Examples
    --------
    >>> import numpy as np
    >>> [misspelled("Adidas", np.random.default_rng(seed)) for seed in range(3)]
    ['Adidaas', 'Adiidas', 'Adidsa']
    """
    places = [i for i in range(1, len(word) - 1) if word[i : i + 2].isalpha()]
    if len(word) < SHORTEST or not places:
        return word
    at, kind = pick(random, places), int(random.integers(3))
    if kind == 0 and word[at] != word[at + 1]:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind == 1:
        return word[: at + 1] + word[at:]
    return word[:at] + word[at + 1 :]


MISSPELLING = Respelling(
    "misspelling", "a name with a letter moved still reads as the name", TRAINING, True, misspelled
)
