"""A letter masked, which readers fill in: c*caine, コカ○ン (伏せ字)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.listings.disguises.base import KNOWN_WORDS, Respelling
from mimawari.listings.disguises.words import pick
from mimawari.listings.normalise.alike import script_of

if TYPE_CHECKING:
    import numpy as np

SHORTEST_LATIN, SHORTEST_JAPANESE = 4, 3
CIRCLES = "○〇●◯"


def starred(word: str, random: np.random.Generator) -> str:
    """Write an asterisk for one letter inside of a Latin word.

    Examples
    --------
    >>> import numpy as np
    >>> starred("cocaine", np.random.default_rng(1)), starred("gun", np.random.default_rng(1))
    ('coc*ine', 'gun')
    """
    if len(word) < SHORTEST_LATIN or not (word.isascii() and word.isalpha()):
        return word
    at = int(random.integers(1, len(word) - 1))
    return f"{word[:at]}*{word[at + 1 :]}"


def circled(word: str, random: np.random.Generator) -> str:
    """Write a circle for one character of a Japanese word.

    Examples
    --------
    >>> import numpy as np
    >>> circled("コカイン", np.random.default_rng(1)), circled("大麻", np.random.default_rng(1))
    ('コ●イン', '大麻')
    """
    if len(word) < SHORTEST_JAPANESE or not all(map(script_of, map(ord, word))):
        return word
    at = int(random.integers(len(word)))
    return word[:at] + pick(random, CIRCLES) + word[at + 1 :]


ASTERISK = Respelling("asterisk", "a reader fills the letter in", KNOWN_WORDS, True, starred)
FUSEJI = Respelling("fuseji", "a reader fills the character in", KNOWN_WORDS, True, circled)
