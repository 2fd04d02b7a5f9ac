"""Canonical texts of a batch, with the way back to what the seller wrote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mimawari.listings.normalise import kernel
from mimawari.listings.normalise.tables import tables, voiced_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mimawari.listings.normalise.lexicon import Lexicon
    from mimawari.listings.normalise.trie import Trie


@dataclass(frozen=True, slots=True)
class CanonicalTexts:
    """Canonical texts of a batch as flat arrays.

    Parameters
    ----------
    codes
        Code points of all texts, shape (total,).
    starts
        Text ``i`` is ``codes[starts[i]:starts[i + 1]]``, shape (n + 1,).
    origins
        Part ``[start, end)`` of the original text that each code point came from,
        in characters, shape (total, 2).
    utf8, utf8_starts
        The same texts as UTF-8, and where each begins.
    original, original_starts
        Code points of the original texts, and where each begins.
    """

    codes: NDArray[np.uint32]
    starts: NDArray[np.int64]
    origins: NDArray[np.int32]
    utf8: bytes
    utf8_starts: NDArray[np.int64]
    original: NDArray[np.uint32]
    original_starts: NDArray[np.int64]

    @classmethod
    def of(cls, texts: Sequence[str], trie: Trie, lexicon: Lexicon, growth: int) -> CanonicalTexts:
        """Fold texts.

        Parameters
        ----------
        trie
            Variants of words, and what each reads as.
        lexicon
            Words that broken ones are mended to.
        growth
            How many code points one code point of a variant can become, at most.
        """
        joined = "".join(texts).encode("utf-32-le", "surrogatepass")
        raw = np.frombuffer(joined, np.uint32)
        bounds = np.zeros(len(texts) + 1, np.int64)
        np.cumsum([len(t) for t in texts], out=bounds[1:])
        codes, origins, starts = kernel.canonicalise_batch(
            raw, bounds, tuple(tables()), voiced_table(), tuple(trie), lexicon.arrays(), growth
        )
        utf8, utf8_starts = kernel.encode_utf8(codes, starts)
        return cls(codes, starts, origins, utf8.tobytes(), utf8_starts, raw, bounds)

    def __len__(self) -> int:
        return len(self.starts) - 1

    def text(self, i: int) -> str:
        """Give canonical text ``i``."""
        return self.utf8_of(i).decode()

    def utf8_of(self, i: int) -> bytes:
        """Give canonical text ``i`` as UTF-8."""
        return self.utf8[self.utf8_starts[i] : self.utf8_starts[i + 1]]

    def span(self, i: int, start: int, end: int) -> tuple[int, int]:
        """Map code points ``[start, end)`` of text ``i`` to the original text.

        Examples
        --------
        >>> from mimawari.listings.normalise import canonicalise
        >>> texts = canonicalise(["my g-u-n!"])
        >>> texts.text(0), texts.span(0, 3, 6)
        ('my gun', (3, 8))
        """
        base = int(self.starts[i])
        if start >= end:
            return (0, 0)
        origins = self.origins[base + start : base + end]
        return int(origins[:, 0].min()), int(origins[:, 1].max())

    def byte_span(self, i: int, start: int, end: int) -> tuple[int, int]:
        """Map bytes ``[start, end)`` of the UTF-8 of text ``i`` to the original text."""
        text = self.utf8_of(i)
        first = len(text[:start].decode(errors="ignore"))
        return self.span(i, first, first + len(text[start:end].decode(errors="ignore")))
