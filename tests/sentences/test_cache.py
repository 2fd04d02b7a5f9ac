"""Vectors are remembered by content, within a bound, and never change what another gets."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from tests.sentences.tiny import WORDS, files

from mimawari.detectors.sentences.cache import VectorCache, pack, unpack
from mimawari.detectors.sentences.encoder import SentenceEncoder

numbers = st.floats(-1, 1, width=32, allow_subnormal=False)


class Counted:
    """A vector a text, and how often it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, text: str) -> NDArray[np.float32]:
        self.asked.append(text)
        return np.array([len(text), 1], np.float32)


@given(arrays(np.float32, 24, elements=numbers))
def test_rounding_is_within_half_a_step_and_stays_as_it_is(vector: NDArray[np.float32]) -> None:
    rounded = unpack(pack(vector))
    assert np.abs(rounded - vector).max() <= np.abs(vector).max() / 254 + 1e-6
    assert np.allclose(unpack(pack(rounded)), rounded, atol=1e-7)


def test_what_was_asked_for_longest_ago_goes_first() -> None:
    cache, compute = VectorCache(2), Counted()
    for text in ("a", "bb", "a", "ccc", "a", "bb"):
        cache.get(text, compute)
    assert compute.asked == ["a", "bb", "ccc", "bb"]
    assert len(cache) == 2


def test_a_known_text_gets_the_same_vector_to_the_bit() -> None:
    cache, compute = VectorCache(), Counted()
    assert np.array_equal(cache.get("abc", compute), cache.get("abc", compute))


def test_threads_get_the_same_vectors() -> None:
    texts = [" ".join(WORDS[1 + i % 3 : 3 + i % 8]) for i in range(200)]
    encoder = SentenceEncoder(files().network, files().tokenizer)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda text: encoder.encode([text])[0], texts))
    again = SentenceEncoder(files().network, files().tokenizer).encode(texts)
    assert np.array_equal(np.array(found), again)


def test_neighbours_and_the_past_never_change_a_vector() -> None:
    random = np.random.default_rng(0)
    texts = [" ".join(random.choice(WORDS[1:], random.integers(1, 30))) for _ in range(60)]
    small = files(quantised=True)
    alone = np.array(
        [SentenceEncoder(small.network, small.tokenizer).encode([t])[0] for t in texts]
    )
    encoder = SentenceEncoder(small.network, small.tokenizer)
    for _ in range(3):
        order = random.permutation(len(texts))
        assert np.array_equal(encoder.encode([texts[i] for i in order]), alone[order])


def test_what_follows_128_tokens_is_not_read() -> None:
    encoder = files().encoder()
    long = ["lava"] * 128
    first = encoder.encode([" ".join(long)])
    assert np.array_equal(first, encoder.encode([" ".join([*long, *["chair"] * 5000])]))
    assert not np.array_equal(first, encoder.encode([" ".join([*long[:-1], "chair"])]))
