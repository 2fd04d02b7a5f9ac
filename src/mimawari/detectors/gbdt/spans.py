"""Which words of the original text made a text score."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from mimawari.detectors.base import Span
from mimawari.detectors.gbdt.linear import half_scales, length_scale
from mimawari.detectors.ngrams import MarkedTexts, with_marks
from mimawari.listings.normalise.texts import CanonicalTexts

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

MOST_WORDS, MOST_SHOWN, PIECE = 400, 12, 6


def pieces(text: str) -> list[tuple[int, int]]:
    """Give the words; long runs without spaces (Japanese) are cut into pieces."""
    bounds = []
    for match in re.finditer(r"\S+", text):
        for start in range(match.start(), match.end(), 2 * PIECE):
            bounds.append((start, min(start + 2 * PIECE, match.end())))
    return bounds[:MOST_WORDS]


def without(
    texts: CanonicalTexts, row: int, pieces: list[tuple[int, int]]
) -> tuple[CanonicalTexts, MarkedTexts]:
    """Give a text, then the text without each piece in turn, and the same with marks."""
    codes, with_them, places = _row(texts, row)
    plain, parted = [codes], [with_them]
    for a, b in pieces:
        plain.append(np.concatenate((codes[:a], codes[b:])))
        parted.append(np.concatenate((with_them[: places[a]], with_them[places[b - 1] + 1 :])))
    return _texts(plain, parted)


def alone(
    texts: CanonicalTexts, row: int, pieces: list[tuple[int, int]]
) -> tuple[CanonicalTexts, MarkedTexts]:
    """Give each piece of a text as a text of its own, and the same with marks."""
    codes, with_them, places = _row(texts, row)
    plain = [codes[a:b] for a, b in pieces]
    return _texts(plain, [with_them[places[a] : places[b - 1] + 1] for a, b in pieces])


def _row(
    texts: CanonicalTexts, row: int
) -> tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.int32]]:
    """Give a text's codes, those with marks, and where each of the first went."""
    marked = with_marks(texts)
    inside = slice(texts.starts[row], texts.starts[row + 1])
    with_them = marked.codes[marked.starts[row] : marked.starts[row + 1]]
    return texts.codes[inside], with_them, marked.places[inside]


def _texts(
    plain: list[NDArray[np.uint32]], parted: list[NDArray[np.uint32]]
) -> tuple[CanonicalTexts, MarkedTexts]:
    joined, starts = _flat(plain)
    joined_marked, marked_starts = _flat(parted)
    nowhere = np.zeros((0, 2), np.int32)
    canonical = CanonicalTexts(joined, starts, nowhere, b"", starts, joined, starts)
    return canonical, MarkedTexts(joined_marked, marked_starts, nowhere[:, 0])


def _flat(texts: list[NDArray[np.uint32]]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    starts = np.concatenate(([0], np.cumsum([len(text) for text in texts])))
    return np.concatenate(texts), starts


def word_spans(
    texts: CanonicalTexts,
    row: int,
    gather: Callable[[CanonicalTexts, MarkedTexts], NDArray[np.float32]],
) -> tuple[Span, ...]:
    """Weigh each word by how much the text margin falls when it is taken out.

    The strongest come first; words that change nothing are left out. What scales
    the whole text scales every sum, so that a word's weight is its n-grams' alone.

    Parameters
    ----------
    gather
        Sums the columns of a `TextModel` for each text.
    """
    words = pieces(texts.text(row))
    if not words:
        return ()
    shorter, marked = without(texts, row, words)
    sums = gather(shorter, marked)
    scales = half_scales(sums[:1], length_scale(texts)[row : row + 1])
    change = ((sums[0, :2] - sums[1:, :2]) * scales).sum(axis=1)
    order = np.argsort(-np.abs(change), kind="stable")[:MOST_SHOWN]
    return tuple(
        Span(*texts.span(row, *words[i]), float(change[i]), "text") for i in order if change[i]
    )
