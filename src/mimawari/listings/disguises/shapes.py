"""Kana, kanji and Latin letters of the same shape: マ一ルボ口, GUCCエ."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from mimawari.listings.disguises.base import KNOWN_WORDS, Respelling
from mimawari.listings.disguises.words import pick
from mimawari.listings.normalise.alike import shape_twins

if TYPE_CHECKING:
    import numpy as np

LATIN = {"i": "エ工", "o": "ロ口", "t": "丁卜", "u": "凵", "a": "Λ"}


@functools.cache
def japanese() -> dict[str, str]:
    """Give for each katakana and kanji what looks like it."""
    return shape_twins()


def same_shape(word: str, random: np.random.Generator) -> str:
    """Write each character that has a look-alike in another script as that, most of the time.

    Of a Latin word only one, or its reader no longer sees a word.

    Examples
    --------
    >>> import numpy as np
    >>> [same_shape(word, np.random.default_rng(0)) for word in ("マールボロ", "Gucci")]
    ['マ一ルボ口', 'Gucc工']
    """
    if not word.isascii():
        return "".join(
            japanese()[c] if c in japanese() and random.random() < 0.8 else c for c in word
        )
    places = [i for i, c in enumerate(word) if c.lower() in LATIN]
    if len(word) < 4 or not places:
        return word
    at = pick(random, places)
    return word[:at] + pick(random, LATIN[word[at].lower()]) + word[at + 1 :]


SHAPES = Respelling(
    "shapes", "scripts share shapes: ロ and 口, カ and 力, ー and 一", KNOWN_WORDS, True, same_shape
)
