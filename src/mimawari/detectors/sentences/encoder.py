"""A sentence encoder as two data files: an ONNX network, and the tokenizer it was trained with.

Texts go through one at a time: in a batch, padding and dynamic quantisation would make a
listing's vector depend on its neighbours'.
"""

from __future__ import annotations

import threading
from itertools import pairwise
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from mimawari.detectors.gmu.runtime import session
from mimawari.detectors.ngrams import with_marks
from mimawari.detectors.sentences.cache import VectorCache
from mimawari.detectors.sentences.fit import MOST_TOKENS, NETWORK, check_fit, tokenizer_of, width_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mimawari.detectors.ngrams import MarkedTexts
    from mimawari.listings.batch import ListingBatch

    Floats = NDArray[np.float32]


class SentenceEncoder:
    """Texts to vectors of length 1: the mean of the tokens' vectors (Reimers & Gurevych 2019).

    Parameters
    ----------
    network
        ONNX file that takes ``input_ids``, ``attention_mask`` and, where it wants them,
        ``token_type_ids``, int64 of (texts, tokens); its first output is (texts, tokens, width).
    tokenizer
        The tokenizer.json that belongs to it.

    Raises
    ------
    InvalidInputError
        A file cannot be read, or they do not fit each other.
    """

    def __init__(self, network: bytes, tokenizer: bytes) -> None:
        self._session = session(network, NETWORK, "sentences")
        self._inputs = [port.name for port in self._session.get_inputs()]
        self._output = self._session.get_outputs()[0].name
        self._tokenizer = tokenizer_of(tokenizer)
        check_fit(self._session, tokenizer)
        self._cache = VectorCache()
        self._known: WeakKeyDictionary[ListingBatch, Floats] = WeakKeyDictionary()
        self._lock = threading.Lock()
        self.width = width_of(self._run, self._tokenizer)

    def encode(self, texts: Sequence[str]) -> Floats:
        """Give the vectors, shape (n, width), in steps of 8 bits; zeros for a text without a token.

        A text that was read before is not read again.
        """
        vectors = np.zeros((len(texts), self.width), np.float32)
        for row, text in enumerate(texts):
            vectors[row] = self._cache.get(_whole(text), self._vector)
        return vectors

    def of(self, batch: ListingBatch, rows: NDArray[np.int64] | None = None) -> Floats:
        """Give the vectors of a batch's texts, kept while it lives, or those of some rows."""
        with self._lock:
            vectors = self._known.get(batch)
        if vectors is not None:
            return vectors if rows is None else vectors[rows]
        texts = strings(with_marks(batch.texts))
        if rows is not None:
            return self.encode([texts[row] for row in rows.tolist()])
        vectors = self.encode(texts)
        with self._lock:
            self._known[batch] = vectors
        return vectors

    def _vector(self, text: str) -> Floats:
        ids = self._tokenizer.encode(text).ids[:MOST_TOKENS]
        if not ids:
            return np.zeros(self.width, np.float32)
        tokens: Floats = self._run(ids)[0]
        mean = tokens.mean(axis=0)
        return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12), np.float32)

    def _run(self, ids: Sequence[int]) -> Floats:
        known = {
            "input_ids": np.array([ids], np.int64),
            "attention_mask": np.ones((1, len(ids)), np.int64),
            "token_type_ids": np.zeros((1, len(ids)), np.int64),
        }
        given = {name: known[name] for name in self._inputs}
        return self._session.run([self._output], given)[0]


def strings(marked: MarkedTexts) -> list[str]:
    """Give what an encoder reads: disguises undone, the marks between words kept.

    Examples
    --------
    >>> from mimawari.listings.normalise import canonicalise
    >>> strings(with_marks(canonicalise(["G-U-N (9mm), new"])))
    ['gun (9mm), new']
    """
    codes, starts = marked.codes, marked.starts
    return ["".join(map(chr, codes[a:b].tolist())) for a, b in pairwise(starts.tolist())]


def _whole(text: str) -> str:
    """Drop halves of surrogate pairs, which the tokenizer cannot take."""
    return text.encode("utf-8", "ignore").decode()
