"""Letters that look alike: Cyrillic, Greek, full-width and mathematical ones."""

from __future__ import annotations

import functools
import unicodedata
from typing import TYPE_CHECKING

from mimawari.listings.disguises.base import CANONICAL, Respelling
from mimawari.listings.disguises.words import pick
from mimawari.listings.normalise.tables import look_alikes

if TYPE_CHECKING:
    import numpy as np

# First letters of alphabets that NFKC folds: full width, and bold, script, sans mathematical.
_UPPER = (0xFF21, 0x1D400, 0x1D4D0, 0x1D5A0, 0x1D5D4, 0x1D670)
_LOWER = (0xFF41, 0x1D41A, 0x1D4EA, 0x1D5BA, 0x1D5EE, 0x1D68A)


@functools.cache
def alphabets() -> tuple[dict[str, str], ...]:
    """Give for each alphabet what stands for which Latin letter."""
    tables = []
    for upper, lower in zip(_UPPER, _LOWER, strict=True):
        tables.append({chr(65 + i): chr(upper + i) for i in range(26)})
        tables[-1].update({chr(97 + i): chr(lower + i) for i in range(26)})
    for script in ("CYRILLIC", "GREEK"):
        alike = {
            letter: other
            for other, letter in look_alikes().items()
            if unicodedata.name(other).startswith(script)
        }
        alike.update({a.upper(): b.upper() for a, b in alike.items() if len(b.upper()) == 1})
        tables.append(alike)
    return tuple(tables)


def look_alike(word: str, random: np.random.Generator) -> str:
    """Swap most letters for those of one other alphabet.

    Examples
    --------
    >>> import numpy as np
    >>> look_alike("Gun", np.random.default_rng(1))
    'G𝗎n'
    """
    alphabet = pick(random, alphabets())
    return "".join(alphabet.get(c, c) if random.random() < 0.8 else c for c in word)


HOMOGLYPHS = Respelling(
    "homoglyphs", "the eye reads shapes, programs read code points", CANONICAL, True, look_alike
)
