"""Symbols and emoji between letters: g✨u✨n."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.listings.disguises.base import CANONICAL, Respelling
from mimawari.listings.disguises.words import pick

if TYPE_CHECKING:
    import numpy as np

BETWEEN = ("✨", "★", "☆", "♥", "🔥", "💯", "◆", "■", "♪", "+", "#", "%", "^", "=", ":", "…")


def decorated(word: str, random: np.random.Generator) -> str:
    """Put one symbol between all the letters of a word of three or more, two where Japanese.

    Examples
    --------
    >>> import numpy as np
    >>> decorated("gun", np.random.default_rng(1)), decorated("大麻", np.random.default_rng(2))
    ('g■u■n', '大=麻')
    """
    symbol = pick(random, BETWEEN)
    return word if len(word) < 2 + word.isascii() else symbol.join(word)


SYMBOLS = Respelling(
    "symbols",
    "symbols between letters break the word for programs only",
    CANONICAL,
    True,
    decorated,
)
