"""Kanji, kana and Latin letters that look alike, told by what stands beside them.

マ一ルボ口 writes the kanji 一 and 口 for ー and ロ. What stands between katakana is katakana;
GUCC工 is Latin. Where this does not tell, the words of the lexicon do (`mend`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mimawari.compiled import fast, small
from mimawari.listings.normalise.basics import kind_at
from mimawari.listings.normalise.tables import LATIN, LONG, SPACE

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Kanji and the katakana (folded: hiragana) that they look like; ー is its own folding.
_KANJI = "口力工夕卜厶匕乂才一二三八千"
_KANA = "ろかえたとむひめおーにみはち"
_NUMERALS = "一二三八千"
_ALONE = "一三乂"  # stay before what begins no word: 三ッ矢
# Katakana that look like other katakana; in hiragana they do not.
_KATAKANA, _OTHERS = "そんしつ", "んそつし"
# What begins behind a number: 一ケース is one case.
COUNTERS = (
    *("ケース", "パック", "ダース", "セット", "キロ", "グラム", "リットル", "ペア", "カ月", "ヶ月"),
    *("カ所", "ロット", "ロール", "シート", "シーズン", "ページ", "ボトル", "メートル", "センチ"),
    *("ミリ", "コ", "ツ", "カップ", "ポンド", "トン", "ドル", "ユーロ", "ボックス", "ピース"),
    *("タイプ", "レベル"),
)
HIRAGANA, KATAKANA, IDEOGRAPH = 1, 2, 3
_CANNOT_BEGIN = "ァィゥェォッャュョヮンー"
_LATIN_LIKE, _LATIN = "えろ工口丁凵卜λ", "ioiotuta"


def _codes(text: str) -> NDArray[np.uint32]:
    return np.array([ord(c) for c in text], np.uint32)


KANJI, KANA = _codes(_KANJI), _codes(_KANA)
NUMERALS, ALONE, CANNOT_BEGIN = _codes(_NUMERALS), _codes(_ALONE), _codes(_CANNOT_BEGIN)
LOOKS, STANDS_FOR = _codes(_KATAKANA), _codes(_OTHERS)
LATIN_LIKE, LATIN_LETTERS = _codes(_LATIN_LIKE), _codes(_LATIN)
_PADDED = [word.ljust(max(map(len, COUNTERS)), "\0") for word in COUNTERS]
COUNTER_CODES = np.array([[ord(c) for c in word] for word in _PADDED], np.uint32)

# Which remainders of 256 any code point has that `in_context` may change: most have none.
FIRST_SUSPECT = 0x3B1
SUSPECT = np.zeros(256, np.bool_)
SUSPECT[np.concatenate((KANJI, LATIN_LIKE)) & 255] = True
# What folded kana stand for that were written in katakana.
FIRST_KANA = 0x3041
KANA_TWINS = np.zeros(96, np.uint32)
KANA_TWINS[KANA[KANA != LONG] - FIRST_KANA] = KANJI[KANA != LONG]
KANA_TWINS[LOOKS - FIRST_KANA] = STANDS_FOR


def written_for(code: int) -> list[int]:
    """Give the folded code points that may stand for one by their looks, as `twin_of` says.

    Examples
    --------
    >>> [chr(code) for code in written_for(ord("か"))], written_for(ord("a"))
    (['力'], [])
    """
    kana = {FIRST_KANA + i: int(twin) for i, twin in enumerate(KANA_TWINS) if twin}
    kanji = dict(zip(KANJI.tolist(), KANA.tolist(), strict=True))
    return [a for a, b in {**kana, **kanji}.items() if b == code]


def shape_twins() -> dict[str, str]:
    """Give for each katakana and kanji, as sellers write them, what looks like it.

    Examples
    --------
    >>> twins = shape_twins()
    >>> twins["ロ"], twins["口"], twins["ー"], twins["ン"]
    ('口', 'ロ', '一', 'ソ')
    """
    katakana = [c if c == "ー" else chr(ord(c) + 0x60) for c in _KANA]
    pairs = dict(zip(katakana, _KANJI, strict=True))
    others = zip(_KATAKANA, _OTHERS, strict=True)
    kana = {chr(ord(a) + 0x60): chr(ord(b) + 0x60) for a, b in others}
    return {**{b: a for a, b in pairs.items()}, **kana, **pairs}


@fast
def among(code, codes):
    """Give the place of a code point among a few, or -1."""
    for i in range(len(codes)):
        if codes[i] == code:
            return i
    return -1


@small
def script_of(code):
    """Script of a code point as it was written: 0 where it is not Japanese."""
    if 0x3041 <= code <= 0x309F:
        return HIRAGANA
    if 0x30A1 <= code <= 0x30FF or 0xFF66 <= code <= 0xFF9D:
        return KATAKANA
    if 0x3400 <= code <= 0x9FFF or code == 0x3005:
        return IDEOGRAPH
    return 0


@small
def script_at(raw, codes, came, i):
    """Script of a folded code point: kana that were written as other than hiragana are katakana."""
    script = script_of(codes[i])
    if script == HIRAGANA and script_of(raw[came[i, 0]]) != HIRAGANA:
        return KATAKANA
    return script


@small
def twin_of(written, code):
    """Give what a folded code point may stand for by its looks, or 0; LONG for nothing.

    ``written`` is how the seller wrote it: ロ may be 口, the hiragana ろ may not.
    """
    if FIRST_KANA <= code < FIRST_KANA + len(KANA_TWINS):
        if KANA_TWINS[code - FIRST_KANA] and script_of(written) == KATAKANA:
            return KANA_TWINS[code - FIRST_KANA]
    elif SUSPECT[code & 255]:
        at = among(code, KANJI)
        return KANA[at] if at >= 0 else np.uint32(0)
    return np.uint32(0)


@fast
def counts(raw, at):
    """Whether a counter begins at ``raw[at]``."""
    for row in range(len(COUNTER_CODES)):
        length = 0
        while length < COUNTER_CODES.shape[1] and COUNTER_CODES[row, length]:
            length += 1
        if at + length > len(raw):
            continue
        same = True
        for p in range(length):
            same = same and raw[at + p] == COUNTER_CODES[row, p]
        if same:
            return True
    return False


@fast
def is_katakana_here(raw, code, start, end):
    """Whether the kanji at ``raw[start:end]`` stands for katakana.

    Katakana on both sides, no number of what follows; or before what begins no word.
    """
    if end >= len(raw) or script_of(raw[end]) != KATAKANA or among(code, KANJI) < 0:
        return False
    before = script_of(raw[start - 1]) if start else 0
    inside = among(raw[end], CANNOT_BEGIN) >= 0  # of a word: ニット, ロッカー
    if before != KATAKANA:
        return inside and before != IDEOGRAPH and among(code, ALONE) < 0
    if among(code, NUMERALS) < 0 or inside:
        return True
    return code == NUMERALS[0] and not counts(raw, end)


@fast
def latin_here(codes, i, n, kind):
    """Letter that a look-alike among Latin letters stands for, or 0.

    Letters stand on both sides, or two on one side and nothing on the other.
    """
    at = among(codes[i], LATIN_LIKE)
    if at < 0:
        return np.uint32(0)
    before, after = kind_at(codes, i - 1, n, kind), kind_at(codes, i + 1, n, kind)
    inside = before == LATIN and after == LATIN
    last = before == LATIN and after == -1 and kind_at(codes, i - 2, n, kind) == LATIN
    first = after == LATIN and before == -1 and kind_at(codes, i + 2, n, kind) == LATIN
    return LATIN_LETTERS[at] if inside or last or first else np.uint32(0)


@fast
def stands_for(raw, codes, came, i, n, kind):
    """Give what a code point stands for among its neighbours: mostly itself."""
    if is_katakana_here(raw, codes[i], came[i, 0], came[i, 1]):
        return KANA[among(codes[i], KANJI)]
    if script_of(codes[i]) == HIRAGANA and script_of(raw[came[i, 0]]) == HIRAGANA:
        return codes[i]
    letter = latin_here(codes, i, n, kind)
    return letter if letter else codes[i]


@fast
def in_context(raw, codes, came, n, kind):
    """Turn look-alikes into what they stand for, in place; its new length, and if any was."""
    m, changed = 0, False
    while m < n and (codes[m] < FIRST_SUSPECT or not SUSPECT[codes[m] & 255]):
        m += 1
    for i in range(m, n):
        code = codes[i]
        if code >= FIRST_SUSPECT and SUSPECT[code & 255]:
            code = stands_for(raw, codes, came, i, n, kind)
            if code == LONG and (m == 0 or codes[m - 1] == SPACE):
                code = codes[i]
            changed = changed or code != codes[i]
            if code == LONG:
                came[m - 1, 1] = came[i, 1]
                continue
        if m < i or code != codes[i]:
            codes[m], came[m, 0], came[m, 1] = code, came[i, 0], came[i, 1]
        m += 1
    return m, changed
