"""The words that a broken word is mended to, as a table of hashes for the compiled loops.

General English words, the more frequent first, are those of the package symspellpy, whose version
is fixed (pyproject.toml): what texts fold to depends on them. Words that sellers hide, English and
Japanese, are ours, folded, and made by `scripts/build_words.py`.
"""

from __future__ import annotations

import functools
import hashlib
from importlib.metadata import distribution
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mimawari.compiled import fast, small
from mimawari.listings.normalise.alike import written_for
from mimawari.listings.normalise.pairs import pair_bits
from mimawari.listings.normalise.tables import KANA_OR_IDEOGRAPH, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    Arrays = tuple[NDArray[np.uint64], NDArray[np.uint8]]
    LexiconArrays = tuple[Arrays, Arrays, NDArray[np.uint8]]

GENERAL, HIDDEN = "frequency_dictionary_en_82_765.txt", "hidden.txt"
# What a table says of a sequence of code points; above the flags: the letter of a masked word.
WORD, HIDE, COMMON, PREFIX, MASKED = 1, 2, 4, 8, 16
FLAGS, LETTER_SHIFT, VALUE_BITS = 0x1F, 5, 24
FREQUENT, SHORT = 8_000, 3  # a general word as short as this is one only where it is frequent
LEAST_MASKED = 3  # ideographs; kana one more
SEED = np.uint64(0x6D696D61)
LINE_BREAK = 0x0A


class WordTable(NamedTuple):
    """Hashes of words, open addressing, and two bits for each hash to ask before.

    A slot holds the upper bits of a hash and the value below them; 0 where it is empty.
    """

    slots: NDArray[np.uint64]
    bits: NDArray[np.uint8]


class Lexicon(NamedTuple):
    """Words in two tables: those of Japanese are few, and asked at most places of a text.

    Their own table stays in the fastest caches, where that of all English words cannot.
    ``pairs`` holds a bit for two code points that may begin a hidden Japanese word, look-alikes
    among them: most pairs of a text begin none.
    """

    latin: WordTable
    japanese: WordTable
    pairs: NDArray[np.uint8]

    def arrays(self) -> LexiconArrays:
        """Give the tables as plain tuples, which compiled loops take."""
        return (*self.latin,), (*self.japanese,), self.pairs


@small
def mix(h, code):
    """Take one more code point into a hash: FNV-1a by code points, whose upper bits are good."""
    return (h ^ np.uint64(code)) * np.uint64(0x9E3779B97F4A7C15)


@small
def may_know(bits, h):
    """Whether both bits of a hash are set: of those in no list, few have them."""
    most = np.uint64(8 * len(bits) - 1)
    for at in (h >> np.uint64(40) & most, h >> np.uint64(20) & most):
        if not bits[at >> np.uint64(3)] & np.uint8(1) << np.uint8(at & np.uint64(7)):
            return False
    return True


@fast
def set_bits(bits, h):
    """Set both bits of a hash."""
    most = np.uint64(8 * len(bits) - 1)
    for at in (h >> np.uint64(40) & most, h >> np.uint64(20) & most):
        bits[at >> np.uint64(3)] |= np.uint8(1) << np.uint8(at & np.uint64(7))


@fast
def slot_of(slots, h):
    """Give where a hash stands, or the empty slot where it would."""
    mask, above = np.uint64(len(slots) - 1), np.uint64(VALUE_BITS)
    slot = h >> np.uint64(32) & mask
    while slots[slot] != 0 and slots[slot] >> above != h >> above:
        slot = (slot + np.uint64(1)) & mask
    return slot


@fast
def known_as(words, h):
    """Give the flags and the letter of a hash; 0 where it is not in the table."""
    slots, bits = words
    if not may_know(bits, h):
        return np.uint32(0)
    return np.uint32(slots[slot_of(slots, h)] & np.uint64((1 << VALUE_BITS) - 1))


@fast
def insert_words(slots, bits, text, new, seed):
    """Add words, each ended by a line break; of two letters a masked word keeps neither."""
    h, at = seed, 0
    for code in text:
        if code != LINE_BREAK:
            h = mix(h, code)
            continue
        slot, value = slot_of(slots, h), new[at]
        before = np.uint32(slots[slot] & np.uint64((1 << VALUE_BITS) - 1))
        letter = max(before >> LETTER_SHIFT, value >> LETTER_SHIFT)
        if before & value & MASKED and before >> LETTER_SHIFT != value >> LETTER_SHIFT:
            letter = np.uint32(0)
        value = ((before | value) & FLAGS) | (letter << LETTER_SHIFT)
        if value:
            above = np.uint64(VALUE_BITS)
            slots[slot] = (h >> above << above) | np.uint64(value)
            set_bits(bits, h)
        h = seed
        at += 1


def beginnings(words: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Yield the two code points that Japanese words begin with, look-alikes among them.

    Examples
    --------
    >>> sorted(chr(a) + chr(b) for a, b in beginnings(["こかいん"]))
    ['こか', 'こ力']
    """
    for first, second in {(word[0], word[1]) for word in words if len(word) > 1}:
        for a in (ord(first), *written_for(ord(first))):
            for b in (ord(second), *written_for(ord(second))):
                yield a, b


def is_japanese(word: str) -> bool:
    """Whether all of a word is kana and ideographs."""
    return all(kind_of(char) == KANA_OR_IDEOGRAPH for char in word)


def masked(word: str) -> list[tuple[str, str]]:
    """Give a word with each letter masked, where enough is left, and that letter.

    Examples
    --------
    >>> masked("覚醒剤")
    [('*醒剤', '覚'), ('覚*剤', '醒'), ('覚醒*', '剤')]
    >>> masked("あいす"), len(masked("こかいん"))
    ([], 4)
    """
    ideographs = any(char >= "\u3400" for char in word)
    if len(word) < LEAST_MASKED + (not ideographs):
        return []
    return [(f"{word[:i]}*{word[i + 1 :]}", word[i]) for i in range(len(word))]


def entries_of(secret: Iterable[str]) -> list[tuple[str, int]]:
    """Give what a table holds of words that sellers hide, with the flags of each."""
    entries: list[tuple[str, int]] = []
    for word in secret:
        entries.append((word, WORD | HIDE))
        if is_japanese(word):
            entries += [(word[:end], PREFIX) for end in range(1, len(word))]
            entries += [(text, MASKED | ord(c) << LETTER_SHIFT) for text, c in masked(word)]
    return entries


def _codes(words: Iterable[str]) -> NDArray[np.uint32]:
    return np.frombuffer("".join(f"{w}\n" for w in words).encode("utf-32-le"), np.uint32)


def table_of(entries: Sequence[tuple[str, int]]) -> WordTable:
    """Lay words out, each with its flags; what has none is left out."""
    size = 1 << max(6, (2 * len(entries)).bit_length())
    table = WordTable(np.zeros(size, np.uint64), np.zeros(size // 2, np.uint8))
    flags = np.fromiter((flag for _, flag in entries), np.uint32, len(entries))
    insert_words(table.slots, table.bits, _codes(word for word, _ in entries), flags, SEED)
    return table


def general_entries(words: Sequence[str]) -> list[tuple[str, int]]:
    """Give general words, the more frequent first, with the flags of each."""
    return [
        (word, WORD | COMMON if rank < FREQUENT else WORD if len(word) > SHORT else 0)
        for rank, word in enumerate(words)
    ]


def build(plain: Sequence[str], secret: Iterable[str]) -> Lexicon:
    """Lay both lists out.

    Examples
    --------
    >>> lexicon = build(["the", "gun"], ["glock", "こかいん"])
    >>> [int((table.slots & HIDE > 0).sum()) for table in (lexicon.latin, lexicon.japanese)]
    [1, 1]
    """
    words = list(secret)
    japanese = [word for word in words if is_japanese(word)]
    others = [word for word in words if not is_japanese(word)]
    latin = table_of([*general_entries(plain), *entries_of(others)])
    return Lexicon(latin, table_of(entries_of(japanese)), pair_bits(beginnings(japanese)))


EMPTY = build([], [])


@functools.cache
def general() -> tuple[str, ...]:
    """Give general English words, the more frequent first; reads no code of their package."""
    path = Path(str(distribution("symspellpy").locate_file("symspellpy"))) / GENERAL
    words = (line.partition(" ")[0] for line in path.read_text("utf-8-sig").splitlines())
    return tuple(w for w in words if w.isascii() and w.isalpha() and w.islower() and len(w) > 1)


@functools.cache
def hidden() -> tuple[str, ...]:
    """Give the package's list of words that sellers hide."""
    return tuple((files(__package__) / HIDDEN).read_text("utf-8").split())


@functools.cache
def digest() -> str:
    """Identify both lists: a text folds otherwise by others."""
    both = "\n".join((*general(), *hidden()))
    return hashlib.sha256(both.encode()).hexdigest()[:16]


@functools.cache
def lexicon_with(own: frozenset[str] = frozenset()) -> Lexicon:
    """Give both lists and one's own words; what is of several words is left out."""
    fit = {w for w in own if len(w) >= SHORT and (is_japanese(w) or (w.isascii() and w.isalpha()))}
    return build(general(), sorted(fit.union(hidden())))
