"""Characters that are not seen: zero-width ones, and accents over letters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.listings.disguises.base import CANONICAL, Respelling
from mimawari.listings.disguises.words import pick

if TYPE_CHECKING:
    import numpy as np

ZERO_WIDTH = "\u200b\u200c\u200d\u2060\u00ad\ufeff"
COMBINING = "\u0301\u0308\u0323\u0331\u0336\u0335"


def hidden(word: str, random: np.random.Generator) -> str:
    r"""Put zero-width or combining characters after every letter but the last.

    Examples
    --------
    >>> import numpy as np
    >>> ascii(hidden("gun", np.random.default_rng(1)))
    "'g\\xadu\\ufeffn'"
    """
    marks = COMBINING if word.isascii() and random.random() < 0.5 else ZERO_WIDTH
    return "".join(c + pick(random, marks) for c in word[:-1]) + word[-1:]


INVISIBLE = Respelling(
    "invisible", "a character without width parts a word for programs only", CANONICAL, True, hidden
)
