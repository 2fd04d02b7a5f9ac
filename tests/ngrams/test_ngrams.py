from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mimawari.detectors.ngrams import NgramSpec, gather, hash_batch
from mimawari.detectors.ngrams.kernel import occupancy
from mimawari.detectors.ngrams.reference import buckets, sums
from mimawari.listings.normalise import CanonicalTexts, canonicalise

SPECS = (
    NgramSpec(bits=12),
    NgramSpec(),
    NgramSpec((1,), (3,), bits=10),
    NgramSpec((), (2, 4), bits=8),
    NgramSpec((1, 2, 3), (), bits=8),
    NgramSpec((2,), (1,), bits=4, seed=7),
)
TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=60), max_size=6)
TEXTS |= st.lists(st.text("ab あガ🔫", max_size=40), max_size=6)


def raw(texts: list[str]) -> CanonicalTexts:
    """Lay texts out without normalising: the kernel must take any code points."""
    codes = np.array([ord(c) for t in texts for c in t], np.uint32)
    starts = np.cumsum([0, *map(len, texts)]).astype(np.int64)
    origins, nothing = np.zeros((len(codes), 2), np.int32), np.zeros(len(starts), np.int64)
    return CanonicalTexts(codes, starts, origins, b"", starts, codes[:0], nothing)


def without_marks(text: str) -> str:
    """Lay out what characters read of a text whose original is unknown: words, parted."""
    return " ".join(word for word in text.split(" ") if word)


@pytest.mark.parametrize("spec", SPECS, ids=str)
@settings(max_examples=60, deadline=None)
@given(texts=TEXTS)
def test_hashes_the_set_that_the_oracle_names(spec: NgramSpec, texts: list[str]) -> None:
    starts, indices = hash_batch(raw(texts), spec)
    assert len(starts) == len(texts) + 1
    for i, text in enumerate(texts):
        mine = indices[starts[i] : starts[i + 1]].tolist()
        assert len(mine) == len(set(mine))
        assert set(mine) == buckets(text, spec, without_marks(text))


@pytest.mark.parametrize("spec", SPECS[:3], ids=str)
@settings(max_examples=40, deadline=None)
@given(texts=TEXTS, columns=st.integers(1, 5), share=st.sampled_from([0.0, 0.1, 1.0]))
def test_gathers_what_the_oracle_sums(
    spec: NgramSpec, texts: list[str], columns: int, share: float
) -> None:
    random = np.random.default_rng(columns)
    weights = random.normal(size=(spec.buckets, columns)).astype(np.float32)
    weights[random.random(spec.buckets) >= share] = 0
    found = gather(raw(texts), spec, weights)
    assert found.shape == (len(texts), columns)
    for row, text in zip(found, texts, strict=True):
        expected = sums(text, spec, weights, without_marks(text))
        assert row == pytest.approx(expected, abs=1e-4)
    again = gather(raw(texts), spec, weights, occupancy(weights))
    assert np.array_equal(found, again)


@settings(max_examples=60, deadline=None)
@given(texts=TEXTS)
def test_a_column_sums_alike_alone_and_beside_others(texts: list[str]) -> None:
    spec = SPECS[0]
    weights = np.random.default_rng(0).normal(size=(spec.buckets, 4)).astype(np.float32)
    whole = gather(canonicalise(texts), spec, weights)
    for column in range(4):
        alone = gather(canonicalise(texts), spec, weights[:, column : column + 1].copy())
        assert np.array_equal(alone[:, 0], whole[:, column])


@settings(max_examples=60, deadline=None)
@given(texts=TEXTS)
def test_a_text_sums_alike_alone_and_in_a_batch(texts: list[str]) -> None:
    spec = SPECS[0]
    weights = np.random.default_rng(0).normal(size=(spec.buckets, 2)).astype(np.float32)
    whole = gather(canonicalise(texts), spec, weights)
    for row, text in zip(whole, texts, strict=True):
        assert np.array_equal(gather(canonicalise([text]), spec, weights)[0], row)


def test_words_and_characters_fall_into_halves() -> None:
    spec = NgramSpec(bits=12)
    texts = raw(["one two three"])
    words = hash_batch(texts, NgramSpec((1, 2), (), bits=12))[1]
    chars = hash_batch(texts, NgramSpec((), (2, 3, 4, 5), bits=12))[1]
    assert len(words) == 5
    assert (words < spec.words).all()
    assert (chars >= spec.words).all()
    assert set(hash_batch(texts, spec)[1]) == {*words.tolist(), *chars.tolist()}


def test_repeats_count_once_and_order_of_words_matters() -> None:
    spec = NgramSpec((1, 2), (), bits=18)
    once, twice, swapped = (set(hash_batch(raw([t]), spec)[1].tolist()) for t in (
        "ab cd", "ab cd ab cd", "cd ab"))  # fmt: skip
    assert once < twice
    assert len(twice) == 4
    assert len(once & swapped) == 2


def test_few_collisions() -> None:
    spec = NgramSpec((1,), (), bits=19)
    words = [f"word{i}" for i in range(20_000)]
    used = len(set(hash_batch(raw([" ".join(words)]), spec)[1].tolist()))
    expected = spec.words * (1 - np.exp(-len(words) / spec.words))
    assert used == pytest.approx(expected, rel=0.01)


def test_fingerprint_follows_every_part() -> None:
    parts = [NgramSpec(), NgramSpec((1,)), NgramSpec(bits=18), NgramSpec(seed=1)]
    assert len({spec.fingerprint() for spec in parts}) == len(parts)
    assert NgramSpec().fingerprint() == NgramSpec().fingerprint()


def test_empty_batch_and_empty_texts() -> None:
    spec = SPECS[0]
    weights = np.ones((spec.buckets, 2), np.float32)
    assert gather(raw([]), spec, weights).shape == (0, 2)
    assert (gather(raw(["", " ", ""]), spec, weights)[[0, 2]] == 0).all()
    assert hash_batch(raw(["", ""]), spec)[0].tolist() == [0, 0, 0]
