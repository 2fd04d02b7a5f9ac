"""Marks between words come back where they stood, and only those."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mimawari.detectors.ngrams import NgramSpec, gather, hash_batch, with_marks
from mimawari.detectors.ngrams.reference import buckets, sums
from mimawari.listings.normalise import CanonicalTexts, canonicalise

ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
TRICKY = st.text("aBg7 .-–[]()!'\"　！［「」・、ナイキガ🔫\u200b\t½©", max_size=30)
TEXTS = st.lists(ANY | TRICKY, max_size=5)
SPACES = {" ", "\xa0", "\u3000", *map(chr, range(0x2000, 0x200B)), *map(chr, range(0x20))}
PUNCTUATION = {
    *map(chr, (*range(0xA1, 0xC0), *range(0x2020, 0x2028), *range(0x2030, 0x205F))),
    *map(chr, (*range(0x3001, 0x3020), 0x30FB)),
}
FOLDED = {
    **dict.fromkeys(map(chr, (*range(0x2010, 0x2016), 0x2212)), "-"),
    **dict.fromkeys(map(chr, range(0x2018, 0x201C)), "'"),
    **dict.fromkeys(map(chr, range(0x201C, 0x2020)), '"'),
}


def mark_of(c: str) -> str:
    """Say what one character between words leaves, by plain look-ups."""
    if c in SPACES:
        return " "
    if "！" <= c <= "～":
        c = unicodedata.normalize("NFKC", c)
    if c.isascii():
        return "" if c.isalnum() or c == "\x7f" else c
    return FOLDED.get(c, c if c in PUNCTUATION else "")


def naive(original: str, texts: CanonicalTexts, i: int) -> str:
    """Put marks back one character at a time."""
    base, told, behind, parted = int(texts.starts[i]), "", 0, True
    for j, c in enumerate(texts.text(i)):
        if c == " ":
            parted = True
            continue
        start, end = (int(at) for at in texts.origins[base + j])
        if parted:
            grown = gap(told, original[behind:start])
            told = grown if grown != told or not told or told[-1] == " " else told + " "
        told, behind, parted = told + c, max(behind, end), False
    return gap(told, original[behind:]).rstrip(" ")


def gap(told: str, between: str) -> str:
    """Write what stood between two words: one space, three of any mark in a row."""
    for mark in map(mark_of, between):
        again = mark == " " and told[-1:] in ("", " ")
        if mark and not again and told[-3:] != 3 * mark:
            told += mark
    return told


@settings(max_examples=400, deadline=None)
@given(texts=TEXTS)
def test_marks_are_those_of_a_plain_loop(texts: list[str]) -> None:
    found = canonicalise(texts)
    marked = with_marks(found)
    assert len(marked.starts) == len(texts) + 1
    for i, text in enumerate(texts):
        assert marked.text(i) == naive(text, found, i)


@settings(max_examples=100, deadline=None)
@given(texts=TEXTS)
def test_every_canonical_character_has_its_place(texts: list[str]) -> None:
    found = canonicalise(texts)
    marked = with_marks(found)
    for i in range(len(texts)):
        mine = slice(int(found.starts[i]), int(found.starts[i + 1]))
        for code, place in zip(found.codes[mine], marked.places[mine], strict=True):
            if code != ord(" "):
                assert marked.codes[marked.starts[i] + place] == code


@settings(max_examples=60, deadline=None)
@given(texts=TEXTS)
def test_characters_are_hashed_with_marks_and_words_without(texts: list[str]) -> None:
    spec = NgramSpec(bits=12)
    found = canonicalise(texts)
    marked = with_marks(found)
    weights = np.random.default_rng(0).normal(size=(spec.buckets, 2)).astype(np.float32)
    starts, indices = hash_batch(found, spec)
    summed = gather(found, spec, weights)
    for i in range(len(texts)):
        plain = found.text(i)
        assert set(indices[starts[i] : starts[i + 1]]) == buckets(plain, spec, marked.text(i))
        expected = sums(plain, spec, weights, marked.text(i))
        assert summed[i] == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Rolex [AAA+] - [Replica]", "rolex [a+] - [replica]"),
        ("g-u-n for sale", "gun for sale"),
        ("(g.u.n)", "(gun)"),
        (".22LR 50/50", ".22lr 50/50"),
        ("wow!!!!!!!! ---- deal", "wow!!! --- deal"),
        ("［新品］ナイキ！", "[新品]nike!"),
        ("“best” – ever", '"best" - ever'),
        ("a\u200bb \u202e c", "ab c"),
        ("!?!", "!?!"),
        ("", ""),
        (" \t\n ", ""),
    ],
)
def test_examples(written: str, read: str) -> None:
    assert with_marks(canonicalise([written])).text(0) == read


def test_brackets_tell_texts_apart_that_fold_alike() -> None:
    spec = NgramSpec((), (2, 3), bits=16)
    one, other = (hash_batch(canonicalise([t]), spec)[1] for t in ("[replica]", "replica"))
    assert set(one) != set(other)
    words = NgramSpec((1, 2), (), bits=16)
    one, other = (hash_batch(canonicalise([t]), words)[1] for t in ("[replica]", "replica"))
    assert set(one) == set(other)
