"""The normaliser once more, as plain Python on strings: slow, and easy to believe."""

from __future__ import annotations

import re
from functools import cache

from mimawari.listings.normalise import Readings
from mimawari.listings.normalise.lexicon import FREQUENT, SHORT, general, hidden, is_japanese
from mimawari.listings.normalise.tables import (
    DIGIT,
    KANA_OR_IDEOGRAPH,
    LATIN,
    LIMIT,
    MARK,
    OTHER,
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


LEET = dict(zip("0123457289$@+", "oizeastzbgsat", strict=True))


def unleet(text: str) -> str:
    """Read digits and symbols as letters where the word that they make is known."""

    def word(match: re.Match[str]) -> str:
        token = match[0]
        letters = sum(kind(char) == LATIN for char in token)
        inner = token.strip("0123456789$@+")
        ahead, behind = token.split(inner, 1) if inner else ("", "")
        digits = [sum(char.isdigit() for char in end) for end in (ahead, behind)]
        if letters < 2 or letters == len(token) or not 3 <= len(token) <= 24:
            return token
        if token.count("1") > 3 or max(digits) > 1:
            return token
        least = int(2 * letters <= len(token))
        if letters == len(inner):
            least = 9 if digits[1] or len(token) < 5 else 2
        best, chosen = least, token
        for ones in range(1 << token.count("1")):
            spelled, seen = "", 0
            for char in token:
                one = "il"[ones >> seen & 1]
                spelled += one if char == "1" else LEET.get(char, char)
                seen += char == "1"
            if worth(spelled) > best:
                best, chosen = worth(spelled), spelled
        return chosen

    return re.sub(r"[a-z0-9$@+]+(?![0-9])", word, text)


def worth(word: str) -> int:
    """Rank a word: 3 where sellers hide it, 2 where it is frequent, 1 where it is known."""
    words, frequent, secret = known()
    if word in secret:
        return 3
    return 0 if len(word) < 4 else 2 if word in frequent else int(word in words)


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


LETTER_OF_KIND = {-1: " ", LATIN: "L", KANA_OR_IDEOGRAPH: "K", DIGIT: "D", OTHER: "O", MARK: "M"}


def kinds(text: str) -> str:
    """Write the kind of every character as one letter."""
    return "".join(LETTER_OF_KIND[kind(char)] for char in text)


def join(text: str) -> str:
    """Join runs of letters that spaces set apart, three or more Latin, two or more Japanese."""
    for run in (r"(?<![LDOM])L(?: L(?![LDO])){2,}", r"(?<![KDOM])K(?: K(?![KDO]))+"):
        out, at = "", 0
        for match in re.finditer(run, kinds(text)):
            out += text[at : match.start()]
            out += text[match.start() : match.end()].replace(" ", "")
            at = match.end()
        text = out + text[at:]
    return text


@cache
def known() -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Give all words, the frequent ones among them, and those that sellers hide."""
    secret = frozenset(hidden()) | {w for w in packaged_words() if len(w) >= SHORT}
    words = {w for i, w in enumerate(general()) if len(w) > SHORT or i < FREQUENT}
    return frozenset(words) | secret, frozenset(general()[:FREQUENT]), secret


def packaged_words() -> frozenset[str]:
    """Give what the package's table of readings holds that is one word."""
    table = Readings.extended()
    every = {*table.variants, *table.variants.values(), *table.words}
    return frozenset(w for w in every if (w.isascii() and w.isalpha()) or is_japanese(w))


def are_one(first: str, second: str) -> bool:
    """Whether two Latin parts with a space between them are one word."""
    words, frequent, secret = known()
    parts = [part for part in (first, second) if len(part) > 1]
    if first + second in secret:
        return any(part not in frequent for part in parts)
    whole = len(first + second) >= 4 and first + second in words
    return whole and any(part not in words for part in parts)


def mend(text: str) -> str:
    """Join the two parts of a Latin word, and the parts of a Japanese one, left to right."""
    out, i = "", 0
    while i < len(text):
        latin = re.match(r"L+ L+(?![DOL])", kinds(text)[i:])
        if latin and re.search(r"(^|[^LDO])$", kinds(text)[:i]):
            first, second = text[i : i + latin.end()].split(" ")
            if are_one(first, second):
                out, i = out + first + second, i + latin.end()
                continue
        end = broken_to(text, i)
        out += text[i:end].replace(" ", "") if end > i else text[i]
        i = max(end, i + 1)
    return out


def broken_to(text: str, i: int) -> int:
    """Where the longest hidden Japanese word from ``i`` on ends that spaces part, or 0."""
    best = 0
    if kind(text[i]) != KANA_OR_IDEOGRAPH or (i and same_script(text[i - 1], text[i])):
        return best
    for j in range(i + 1, len(text) + 1):
        part, after = text[i:j], text[j : j + 1]
        word = part.replace(" ", "")
        ends = not after or not same_script(part[-1], after) or after in PARTICLES
        if " " in part and part[-1] != " " and len(word) >= 3 and ends:
            best = j if word in known()[2] else best
    return best


def same_script(a: str, b: str) -> bool:
    """Whether two characters are both kana or both ideographs."""
    both = kind(a) == kind(b) == KANA_OR_IDEOGRAPH
    return both and ("ぁ" <= a <= "ゟ") == ("ぁ" <= b <= "ゟ")


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
        again = read_as(mend(squeeze(join(squeeze(undisguise(unleet(text)))))), readings)
        if again == text:
            return text
        text = again
