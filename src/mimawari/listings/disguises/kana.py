"""Japanese words in another script: ないき, ナイキ, ﾅｲｷ, naiki."""

from __future__ import annotations

import functools
import unicodedata
from typing import TYPE_CHECKING

from mimawari.listings.disguises.base import CANONICAL, TRAINING, Respelling
from mimawari.listings.disguises.words import pick

if TYPE_CHECKING:
    import numpy as np

SMALL = str.maketrans(
    "ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ", "あいうえおつやゆよわアイウエオツヤユヨワ"
)
HEPBURN = {"si": "shi", "ti": "chi", "tu": "tsu", "hu": "fu", "zi": "ji", "di": "ji", "du": "zu"}


def hiragana(word: str) -> str:
    """Turn katakana into hiragana.

    Examples
    --------
    >>> hiragana("ナイキ"), katakana("ないき"), half_width("ナイキ")
    ('ないき', 'ナイキ', 'ﾅｲｷ')
    """
    return "".join(chr(ord(c) - 0x60) if "ァ" <= c <= "ヶ" else c for c in word)


def katakana(word: str) -> str:
    """Turn hiragana into katakana."""
    return "".join(chr(ord(c) + 0x60) if "ぁ" <= c <= "ゖ" else c for c in word)


@functools.cache
def _half() -> dict[str, str]:
    forms = (chr(code) for code in range(0xFF66, 0xFF9E))
    return {unicodedata.normalize("NFKC", form): form for form in forms}


def half_width(word: str) -> str:
    """Turn kana into half-width katakana; what has no such form stays."""
    narrow = []
    for char in katakana(word):
        base, *marks = list(unicodedata.normalize("NFD", char))
        voiced = [{"\u3099": "ﾞ", "\u309a": "ﾟ"}.get(mark, mark) for mark in marks]
        narrow.append(_half()[base] + "".join(voiced) if base in _half() else char)
    return "".join(narrow)


def lengthened(word: str) -> str:
    """Take long-vowel marks out, or put one at the end where there is none.

    Examples
    --------
    >>> lengthened("コーチ"), lengthened("グッチ")
    ('コチ', 'グッチー')
    """
    return word.replace("ー", "") if "ー" in word[1:] else word + "ー"


def is_kana(word: str) -> bool:
    """Whether all of a word is kana."""
    return bool(word) and all("ぁ" <= c <= "ゖ" or "ァ" <= c <= "ヺ" or c == "ー" for c in word)


def rescripted(word: str, random: np.random.Generator) -> str:
    """Write a kana word in another script or width, or with other long vowels.

    Examples
    --------
    >>> import numpy as np
    >>> [rescripted("ナイキ", np.random.default_rng(seed)) for seed in range(3)]
    ['ナイキー', 'ﾅｲｷ', 'ナイキー']
    """
    if not is_kana(word):
        return word
    other = katakana(word) if katakana(word) != word else hiragana(word)
    return pick(random, (other, half_width(word), lengthened(word)))


def romaji(word: str) -> str:
    """Spell kana in Latin letters, as Hepburn does but for long vowels.

    The Unicode names of kana hold their sounds.

    Examples
    --------
    >>> romaji("ナイキ"), romaji("グッチ"), romaji("シャネル"), romaji("コーチ")
    ('naiki', 'gucchi', 'shaneru', 'koochi')
    """
    spelling, double = "", False
    for char in word:
        if char == "ー":
            spelling += spelling[-1:]
            continue
        *rest, sound = unicodedata.name(char, "").lower().split(" ")
        if "kana" not in "".join(rest):
            return word
        small = "small" in rest
        if small and sound == "tu":
            double = True
            continue
        sound = HEPBURN.get(sound, sound)
        if small and spelling:
            glide = sound if spelling[-2:-1] not in ("h", "j") else sound.lstrip("y")
            spelling = spelling[:-1] + glide
            continue
        spelling += sound[0] * double + sound
        double = False
    return spelling


def respelled(word: str, random: np.random.Generator) -> str:
    """Write a kana word in Latin letters, or with large kana for small ones.

    Examples
    --------
    >>> import numpy as np
    >>> [respelled("グッチ", np.random.default_rng(seed)) for seed in range(3)]
    ['gucchi', 'gucchi', 'グツチ']
    """
    if not is_kana(word):
        return word
    large = word.translate(SMALL)
    return large if large != word and random.random() < 0.5 else romaji(word)


KANA = Respelling(
    "kana", "the same sounds have three scripts and two widths", CANONICAL, True, rescripted
)
KANA_SPELLING = Respelling(
    "kana_spelling", "readers sound words out; lists hold one spelling", TRAINING, True, respelled
)
