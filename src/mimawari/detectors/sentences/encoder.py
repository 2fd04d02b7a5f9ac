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

from mimawari.detectors.gmu.runtime import require, session
from mimawari.detectors.ngrams import with_marks
from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from tokenizers import Tokenizer

    from mimawari.detectors.ngrams import MarkedTexts
    from mimawari.listings.batch import ListingBatch

    Floats = NDArray[np.float32]

MOST_TOKENS = 128
NETWORK, TOKENIZER = "encoder.onnx", "tokenizer.json"
INPUTS = frozenset({"input_ids", "attention_mask", "token_type_ids"})


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
        self._session = session(network, NETWORK)
        self._inputs = [port.name for port in self._session.get_inputs()]
        self._output = self._session.get_outputs()[0].name
        self._check_inputs()
        self._tokenizer = _tokenizer(tokenizer)
        self._known: WeakKeyDictionary[ListingBatch, Floats] = WeakKeyDictionary()
        self._lock = threading.Lock()
        self.width = self._probed()

    def encode(self, texts: Sequence[str]) -> Floats:
        """Give the vectors, shape (n, width); zeros for a text without a token."""
        vectors = np.zeros((len(texts), self.width), np.float32)
        for row, text in enumerate(texts):
            vectors[row] = self._vector(text)
        return vectors

    def of(self, batch: ListingBatch) -> Floats:
        """Give the vectors of a batch's texts; kept while the batch lives."""
        with self._lock:
            vectors = self._known.get(batch)
        if vectors is None:
            vectors = self.encode(strings(with_marks(batch.texts)))
            with self._lock:
                self._known[batch] = vectors
        return vectors

    def _vector(self, text: str) -> Floats:
        ids = self._tokenizer.encode(_whole(text)).ids[:MOST_TOKENS]
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

    def _check_inputs(self) -> None:
        odd = sorted(set(self._inputs) - INPUTS)
        if odd or "input_ids" not in self._inputs:
            problem = f"takes {', '.join(self._inputs)}"
            raise _refuse(NETWORK, problem, f"export it with {', '.join(sorted(INPUTS))}")
        for port in self._session.get_inputs():
            if port.type != "tensor(int64)":
                raise _refuse(NETWORK, f"takes {port.type} as {port.name}", "export it with int64")

    def _probed(self) -> int:
        """Run it once: what does not fit must not be found out while listings wait."""
        ids = self._tokenizer.encode("probe").ids or [0]
        try:
            shape = self._run(ids).shape
        except Exception as error:  # ONNX Runtime's errors share no class but Exception
            reason = str(error).strip().splitlines()[-1][:200]
            remedy = "give network and tokenizer of one model"
            raise _refuse(NETWORK, f"does not run on its tokens ({reason})", remedy) from error
        if len(shape) != 3 or shape[:2] != (1, len(ids)):
            problem = f"gives {'x'.join(map(str, shape))} for 1 text of {len(ids)} tokens"
            raise _refuse(NETWORK, problem, "export it so that it gives a vector a token")
        return int(shape[2])


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


def _tokenizer(data: bytes) -> Tokenizer:
    require("tokenizers", "sentences")
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_buffer(data)
    except Exception as error:  # its errors share no class but Exception
        remedy = "give the tokenizer.json that belongs to the network"
        raise _refuse(TOKENIZER, f"cannot be read ({str(error)[:200]})", remedy) from error
    tokenizer.enable_truncation(MOST_TOKENS)
    tokenizer.no_padding()
    return tokenizer


def _refuse(name: str, problem: str, remedy: str) -> InvalidInputError:
    return InvalidInputError(FieldProblem(name, problem, remedy))
