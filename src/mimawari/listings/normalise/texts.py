"""Canonical texts of a batch, with the way back to what the seller wrote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mimawari.listings.normalise import kernel
from mimawari.listings.normalise.readings import Readings, default_readings
from mimawari.listings.normalise.tables import tables, voiced_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


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


def canonicalise(texts: Sequence[str], readings: Readings | None = None) -> CanonicalTexts:
    r"""Fold texts so that spellings meant to be read alike are alike.

    Parameters
    ----------
    texts
        As sellers wrote them, of any length and content.
    readings
        Words that mean the same; the package's own table unless given.

    Examples
    --------
    >>> texts = canonicalise(["ＮＩＫＥ", "ナイキ", "ﾅｲｷ", "n.i.k.e", "ni\u200bkе"])
    >>> {texts.text(i) for i in range(5)}
    {'nike'}
    """
    readings = default_readings() if readings is None else readings
    joined = "".join(texts).encode("utf-32-le", "surrogatepass")
    raw = np.frombuffer(joined, np.uint32)
    bounds = np.zeros(len(texts) + 1, np.int64)
    np.cumsum([len(t) for t in texts], out=bounds[1:])
    codes, origins, starts = kernel.canonicalise_batch(
        raw, bounds, tuple(tables()), voiced_table(), tuple(readings.trie), readings.growth
    )
    utf8, utf8_starts = kernel.encode_utf8(codes, starts)
    return CanonicalTexts(codes, starts, origins, utf8.tobytes(), utf8_starts, raw, bounds)


def canonical(text: str, readings: Readings | None = None) -> str:
    """Fold one text.

    Examples
    --------
    >>> canonical("G.u.N ☆ ｶﾞﾝﾀﾞﾑ"), canonical("w33d 10mg 1,200円 🔫")
    ('gun ☆ がんだむ', 'weed 10mg 1200円 gun')
    """
    return canonicalise([text], readings).text(0)
