"""The normaliser once more, as plain Python on strings: slow, and easy to believe."""

from __future__ import annotations

import re

from mimawari.listings.normalise import Readings
from mimawari.listings.normalise.tables import (
    DIGIT,
    KANA_OR_IDEOGRAPH,
    LATIN,
    LIMIT,
    PICTURE,
    compose_voiced,
    fold_code_point,
    kind_of,
)

STAND_INS = dict(zip("013457", "oieast", strict=True))
PARTICLES = "のはがをとでもにやへ"
VOICED = "\u3099\u309a"


def kind(char: str) -> int:
    return -1 if char in ("", " ") else kind_of(char)


def fold(text: str) -> str:
    """Fold every character, join voiced marks, drop long vowels, squeeze spaces."""
    out = ""
    for char in text:
        if ord(char) >= LIMIT:
            continue
        for folded in fold_code_point(char):
            last = out[-1:]
            if folded in VOICED:
                joined = compose_voiced(ord(last), ord(folded)) if "ぁ" <= last <= "ゟ" else 0
                out = out[:-1] + chr(joined) if joined else out
            elif folded == "ー":
                out += "" if last and kind(last) == KANA_OR_IDEOGRAPH else " "
            elif folded == " ":
                out += " "
            elif kind(folded) == PICTURE:
                out += f" {folded} "
            else:
                out += folded
            out = re.sub("  +", " ", out).lstrip(" ")
    return out.rstrip(" ")


def undisguise(text: str) -> str:
    """Turn stand-ins into letters and leftover marks into spaces, token by token."""
    out, token = "", 0
    for i in range(len(text)):
        said = stands_for(text, i, token)
        if said == " ":
            token = i + 1
        out += said
    return re.sub(" +", " ", out).strip(" ")


def stands_for(text: str, i: int, token: int) -> str:
    """What one character of a token that began at ``token`` stands for."""
    char = text[i]
    before, after = text[i - 1 : i] if i else "", text[i + 1 : i + 2]
    inside = kind(before) == LATIN and kind(after) == LATIN
    if char in ".,":
        number = kind(before) == kind(after) == DIGIT
        return {".": ".", ",": ""}[char] if number else " "
    if char == "!":
        return "i" if inside else " "
    if char == "$" and kind(after) == LATIN and (kind(before) == LATIN or i == token):
        return "s"
    if char == "@" and inside and i - token < 3:
        return "a"
    if kind(char) != DIGIT:
        return char
    first, last = i, i + 1
    while first and kind(text[first - 1]) == DIGIT:
        first -= 1
    while last < len(text) and kind(text[last]) == DIGIT:
        last += 1
    around = (text[first - 1 : first] if first else "", text[last : last + 1], text[token])
    letters = all(kind(c) == LATIN for c in around)
    short = last - first <= 2 and all(c in STAND_INS for c in text[first:last])
    return STAND_INS[char] if letters and short else char


def squeeze(text: str) -> str:
    """Write a letter said three times or more once."""

    def once(match: re.Match[str]) -> str:
        return match[1] if kind(match[1]) in (LATIN, KANA_OR_IDEOGRAPH) else match[0]

    return re.sub(r"(.)\1{2,}", once, text, flags=re.DOTALL)


def join(text: str) -> str:
    """Join runs of one-letter words, whatever parted them."""
    words: list[str] = text.split(" ")
    out: list[str] = []
    i = 0
    while i < len(words):
        j = i + 1
        k = kind(words[i]) if len(words[i]) == 1 else -1
        while k in (LATIN, KANA_OR_IDEOGRAPH) and j < len(words):
            if len(words[j]) != 1 or kind(words[j]) != k:
                break
            j += 1
        enough = k != -1 and j - i >= (3 if k == LATIN else 2)
        out += ["".join(words[i:j])] if enough else words[i:j]
        i = j
    return " ".join(out)


def read_as(text: str, readings: Readings) -> str:
    """Replace the longest variant at each place, scripts taken as one (all hiragana)."""
    out, i = "", 0
    while i < len(text):
        best = ""
        for variant in readings.variants:
            longer = text.startswith(variant, i) and len(variant) > len(best)
            if longer and _stands_alone(text, i, i + len(variant)):
                best = variant
        if best:
            out = f"{out} {readings.variants[best]} "
            i += len(best)
        else:
            out += text[i]
            i += 1
    return re.sub(" +", " ", out).strip(" ")


def _stands_alone(text: str, i: int, j: int) -> bool:
    before, after = text[i - 1 : i] if i else "", text[j : j + 1]
    if kind(text[i]) in (LATIN, DIGIT):
        return kind(before) not in (LATIN, DIGIT) and kind(after) not in (LATIN, DIGIT)
    if "ぁ" <= text[i] <= "ゟ":
        if before and "ぁ" <= before <= "ゟ":
            return False
        return not (after and "ぁ" <= after <= "ゟ") or after in PARTICLES
    return True


def canonical(text: str, readings: Readings) -> str:
    """Canonicalise one text in which only white space parts words spelled letter by letter."""
    text = fold(text)
    while True:
        again = read_as(squeeze(join(squeeze(undisguise(text)))), readings)
        if again == text:
            return text
        text = again
