"""What each code point folds to, built once from the Unicode database."""

from __future__ import annotations

import functools
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Planes 0 to 3 hold all text; what lies above (private use, tags) folds to nothing.
LIMIT = 0x32000
# Raised whenever texts fold otherwise than before: models know what they were trained on by it.
VERSION = 2
SPACE = 0x20
VOICED, SEMI_VOICED, LONG = 0x3099, 0x309A, 0x30FC

# Kinds of folded code points, which decide what a token is.
OTHER, LATIN, KANA_OR_IDEOGRAPH, DIGIT, PICTURE, MARK = range(6)

# Marks that carry meaning for rules and stay; every other punctuation parts words.
KEPT_MARKS = frozenset("$%&+@#!.,")
STARS = frozenset("*×✕✖∗⁎⁕✱✲")  # one may stand for a letter
APOSTROPHES = frozenset("'’‘ʼ＇`´")

# Look-alikes of Latin letters, after NFKD and case folding, in pairs (look-alike, letter).
_PAIRS = (
    "аaвbсcеeһhіiјjкkмmоoрpѕsтtуyхxԁdԛqԝwӏlѵv"
    "αaβbεeικkνvοoρpτtυuχxγyωw"
    "ıiłløođdħhŧtɡgɑaʀrɴnʟlɪiᴀaʙbᴄcᴅdᴇeɢgʜhᴊjᴋkᴍmᴏoᴘpꜱsᴛtᴜuᴠvᴡwʏyᴢz"
)


@functools.cache
def look_alikes() -> dict[str, str]:
    """Give the letter that each look-alike stands for."""
    pairs = _PAIRS.replace("ικk", "ιiκk")
    return dict(zip(pairs[::2], pairs[1::2], strict=True))


def _enclosed(code: int) -> str | None:
    """Letter of a regional indicator or of a negative circled or squared letter."""
    for first in (0x1F1E6, 0x1F150, 0x1F170):
        if first <= code < first + 26:
            return chr(ord("a") + code - first)
    return None


def _fold_decomposed(char: str) -> str:
    """Fold one character of a decomposed, case-folded string; '' drops, ' ' parts."""
    code, category = ord(char), unicodedata.category(char)
    if code in (VOICED, SEMI_VOICED, LONG):
        return char
    if char.isspace():
        return " "
    digit = unicodedata.digit(char, None)
    if digit is not None:
        return str(digit)
    letter = look_alikes().get(char) or _enclosed(code)
    if letter:
        return letter
    if category in ("Cc", "Cf", "Cs", "Co", "Cn", "Me") or char in APOSTROPHES:
        return ""
    if category == "Mn":
        latin_mark = 0x300 <= code <= 0x36F or 0x1AB0 <= code <= 0x20FF or 0xFE00 <= code <= 0xFE2F
        return "" if latin_mark else char
    if 0x30A1 <= code <= 0x30F6:
        return chr(code - 0x60)
    if char in STARS:
        return "*"
    if 0x1F3FB <= code <= 0x1F3FF:  # skin tones
        return ""
    if category[0] == "P" or category in ("Sk", "Sm"):
        return char if char in KEPT_MARKS else " "
    return char


def fold_code_point(char: str) -> str:
    """Fold one code point until nothing changes any more.

    Examples
    --------
    >>> [fold_code_point(c) for c in "Ｎガéа①🅖"]
    ['n', 'が', 'e', 'a', '1', 'g']
    """
    before, after = "", char
    while before != after:
        before = after
        decomposed = unicodedata.normalize("NFKD", after).casefold()
        after = "".join(_fold_decomposed(c) for c in unicodedata.normalize("NFKD", decomposed))
    return after


def kind_of(char: str) -> int:
    """Say what a folded code point is: letter, kana or ideograph, digit, picture or mark."""
    code = ord(char)
    if "a" <= char <= "z":
        return LATIN
    if "0" <= char <= "9":
        return DIGIT
    if char in KEPT_MARKS or unicodedata.category(char) == "Sc":
        return MARK
    ideograph = 0x3041 <= code <= 0x30FF or 0x3400 <= code <= 0x9FFF or 0x20000 <= code <= 0x31FFF
    if ideograph:
        return KANA_OR_IDEOGRAPH
    return PICTURE if unicodedata.category(char) == "So" else OTHER


class Tables(NamedTuple):
    """Arrays over code points: where the folded form lies, and of which kind it is."""

    start: NDArray[np.int32]
    length: NDArray[np.uint8]
    folded: NDArray[np.uint32]
    kind: NDArray[np.uint8]


@functools.cache
def tables() -> Tables:
    """Build the arrays (a fraction of a second, once a process)."""
    start = np.zeros(LIMIT, np.int32)
    length = np.zeros(LIMIT, np.uint8)
    kind = np.zeros(LIMIT, np.uint8)
    folded: list[int] = []
    for code in range(LIMIT):
        char = chr(code)
        simple = 0x3400 <= code <= 0x9FFF or 0x20000 <= code <= 0x2F7FF or code >= 0x2FA20
        if simple and unicodedata.category(char) == "Lo":
            out = char if not unicodedata.decomposition(char) else fold_code_point(char)
            kind[code] = KANA_OR_IDEOGRAPH
        else:
            out = fold_code_point(char)
            kind[code] = kind_of(char)
        start[code], length[code] = len(folded), len(out)
        folded.extend(map(ord, out))
    return Tables(start, length, np.array(folded, np.uint32), kind)


def compose_voiced(code: int, mark: int) -> int:
    """Join a kana with a (semi-)voiced mark; 0 where no such kana exists.

    Examples
    --------
    >>> chr(compose_voiced(ord("か"), 0x3099)), chr(compose_voiced(ord("は"), 0x309A))
    ('が', 'ぱ')
    """
    joined = unicodedata.normalize("NFC", chr(code) + chr(mark))
    return ord(joined) if len(joined) == 1 else 0


@functools.cache
def voiced_table() -> NDArray[np.uint32]:
    """Give ``[kana - 0x3041, mark]`` to the composed kana, shape (96, 2); 0 where none."""
    return np.array(
        [[compose_voiced(0x3041 + i, m) for m in (VOICED, SEMI_VOICED)] for i in range(96)],
        np.uint32,
    )
