"""Text scores: logistic regression on n-grams weighted by log-count ratio and rarity, or rarity.

After Wang and Manning, "Baselines and Bigrams" (2012). A text's sum is divided by the root of
its length, or long texts would decide by their length alone; or, as TF-IDF does, its words and its
characters each by the root of the sum of their squared rarities. With the ratio a strong penalty
can do, as it says already which way an n-gram points: it spreads what was learnt over n-grams that
go together.
Margins shrink with it and are stretched to log-odds, by what they are worth out of fold. The
weights of the folds are averaged to serve, so that margins keep the scale of those out of fold,
from which the trees learnt.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import msgspec
import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from mimawari.detectors.gbdt.folds import grouped_folds
from mimawari.detectors.ngrams import hash_batch
from mimawari.detectors.platt import fit_scale

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mimawari.detectors.ngrams import NgramSpec
    from mimawari.listings.normalise import CanonicalTexts


TINY = np.float32(1e-12)


class TextSettings(msgspec.Struct, frozen=True):
    """How a text score is fitted.

    Parameters
    ----------
    c, alpha
        Inverse penalty, and pseudo-count of the ratio.
    weighting
        Log-count ratio times rarity, or rarity alone.
    scaling
        By the text's length, or by the norm of its rarities, words and characters apart.
    parts
        Which n-grams are read.
    balanced
        Whether both classes weigh the same.
    """

    c: float = 0.15
    alpha: float = 0.01
    folds: int = 5
    seed: int = 0
    weighting: Literal["ratio", "rarity"] = "ratio"
    scaling: Literal["length", "norm"] = "length"
    parts: Literal["both", "words", "characters"] = "both"
    balanced: bool = False


TFIDF = TextSettings(c=10, weighting="rarity", scaling="norm", balanced=True)
"""What a user would pick: TF-IDF and balanced logistic regression."""


@dataclass(frozen=True, slots=True)
class TextModel:
    """Weights of the n-grams, float32 of shape (buckets, 2): words, characters.

    Where texts are scaled by their norm, the squared rarities of both are two columns more.
    """

    weights: NDArray[np.float32]
    intercept: float


def length_scale(texts: CanonicalTexts) -> NDArray[np.float32]:
    """Give the factor of each text's sums: one over the root of about its count of n-grams.

    Every detector of a batch shares it; shape (len(texts),).
    """
    return np.asarray(0.5 / np.sqrt(np.maximum(np.diff(texts.starts), 1)), np.float32)


def matrix(texts: CanonicalTexts, spec: NgramSpec) -> csr_matrix:
    """Give the binary matrix of the texts' n-grams, shape (len(texts), spec.buckets)."""
    starts, buckets = hash_batch(texts, spec)
    return csr_matrix(
        (np.ones(len(buckets), np.float32), buckets, starts), shape=(len(texts), spec.buckets)
    )


def log_count_ratio(
    x: csr_matrix, y: NDArray[np.bool_], weight: NDArray[np.float64], alpha: float
) -> NDArray[np.float64]:
    """Give the log of how much more often each n-gram stands in positives than in the rest.

    Examples
    --------
    >>> x = csr_matrix([[1, 0], [0, 1]])
    >>> log_count_ratio(x, np.array([True, False]), np.ones(2), 1.0).round(3).tolist()
    [0.693, -0.693]
    """
    inside = alpha + x.T @ (weight * y)
    outside = alpha + x.T @ (weight * ~y)
    ratio: NDArray[np.float64] = np.log(inside / inside.sum()) - np.log(outside / outside.sum())
    return ratio


def factors(
    x: csr_matrix, y: NDArray[np.bool_], weight: NDArray[np.float64], settings: TextSettings
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give what each n-gram is multiplied by before the fit, and its rarity alone."""
    rarity = np.log((1 + weight.sum()) / (1 + x.T @ weight)) + 1
    if settings.weighting == "rarity":
        return rarity, rarity
    return np.abs(log_count_ratio(x, y, weight, settings.alpha)) * rarity / 4, rarity


def half_scales(sums: NDArray[np.floating], scale: NDArray[np.floating]) -> NDArray[np.floating]:
    """Give the factors of the sums of words and of characters, shape (n, 2) or (n, 1).

    Parameters
    ----------
    sums
        Gathered columns of a `TextModel`: two, or four where norms scale.
    scale
        As of `length_scale`.

    Examples
    --------
    >>> half_scales(np.array([[3.0, 1.0, 9.0, 4.0]]), np.ones(1)).round(3).tolist()
    [[0.333, 0.5]]
    """
    if sums.shape[1] == 2:
        return scale[:, None]
    return norm_scales(sums[:, 2:])


def norm_scales(squares: NDArray[np.floating]) -> NDArray[np.floating]:
    """Give the factors that make texts as long as one, from their sums of squared rarities."""
    scales: NDArray[np.floating] = 1 / np.sqrt(np.maximum(squares, TINY))
    return scales


def _read(x: csr_matrix, words: int, parts: str) -> NDArray[np.int64]:
    """Give the n-grams that occur and are read."""
    seen = np.flatnonzero(x.getnnz(axis=0))
    kept = {"words": seen < words, "characters": seen >= words}.get(parts, np.ones(len(seen), bool))
    return seen[kept]


def fit_text(
    x: csr_matrix,
    scale: NDArray[np.float32],
    y: NDArray[np.bool_],
    weight: NDArray[np.float64],
    settings: TextSettings,
    words: int = 0,
) -> tuple[NDArray[np.float64], float]:
    """Fit one text score; returns the weight of each n-gram and the intercept.

    Parameters
    ----------
    words
        How many columns are of words, where the settings part them from characters.
    """
    seen = _read(x, words, settings.parts)
    if not len(seen):  # nothing to read: every text has the share of violations for a score
        inside = 0.5 if settings.balanced else float(np.average(y, weights=weight))
        return np.zeros(x.shape[1]), float(np.log(inside / (1 - inside)))
    narrow = x[:, seen]
    factor, rarity = factors(narrow, y, weight, settings)
    values = factor[narrow.indices] * _of_entries(narrow, scale, rarity, seen >= words, settings)
    scaled = csr_matrix((values, narrow.indices, narrow.indptr), narrow.shape)
    model = LogisticRegression(C=settings.c, solver="liblinear", random_state=settings.seed)
    model.fit(scaled, y, sample_weight=_balanced(y, weight) if settings.balanced else weight)
    weights = np.zeros(x.shape[1])
    weights[seen] = factor * model.coef_[0]
    return weights, float(model.intercept_[0])


def _of_entries(
    x: csr_matrix,
    scale: NDArray[np.float32],
    rarity: NDArray[np.float64],
    of_characters: NDArray[np.bool_],
    settings: TextSettings,
) -> NDArray[np.float64]:
    """Give the scale of each entry of a matrix: its text's, or that of its text's half."""
    rows = np.repeat(np.arange(x.shape[0]), np.diff(x.indptr))
    if settings.scaling == "length":
        return np.asarray(scale[rows], np.float64)
    squares = np.column_stack((rarity**2 * ~of_characters, rarity**2 * of_characters))
    norms = half_scales(np.hstack((np.zeros((x.shape[0], 2)), x @ squares)), scale)
    return np.asarray(norms[rows, of_characters[x.indices].astype(np.int64)], np.float64)


def _balanced(y: NDArray[np.bool_], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Let both classes weigh the same; the whole stays."""
    inside = weight[y].sum()
    half = weight.sum() / 2
    balanced: NDArray[np.float64] = weight * np.where(y, half / inside, half / (2 * half - inside))
    return balanced


def split(weights: NDArray[np.float64], words: int) -> NDArray[np.float32]:
    """Part the weights into a column of words and one of characters."""
    columns = np.zeros((len(weights), 2), np.float32)
    columns[:words, 0] = weights[:words]
    columns[words:, 1] = weights[words:]
    return columns


def fit_columns(
    x: csr_matrix,
    scale: NDArray[np.float32],
    y: NDArray[np.bool_],
    weight: NDArray[np.float64],
    words: int,
    settings: TextSettings,
) -> tuple[NDArray[np.float32], float]:
    """Fit one text score; gives its columns as of `TextModel`, and the intercept."""
    weights, bias = fit_text(x, scale, y, weight, settings, words)
    if settings.scaling == "length":
        return split(weights, words), bias
    squares, seen = np.zeros(x.shape[1]), _read(x, words, settings.parts)
    squares[seen] = factors(x[:, seen], y, weight, settings)[1] ** 2
    return np.hstack((split(weights, words), split(squares, words))), bias


def margins_of(
    x: csr_matrix, scale: NDArray[np.float32], columns: NDArray[np.float32], bias: float
) -> NDArray[np.float64]:
    """Give margins of words, characters, and both with the intercept; shape (n, 3)."""
    sums = x @ columns
    halves = sums[:, :2] * half_scales(sums, scale)
    return np.column_stack((halves, halves.sum(axis=1, dtype=np.float64) + bias))


def fit_out_of_fold(
    x: csr_matrix,
    scale: NDArray[np.float32],
    y: NDArray[np.bool_],
    groups: NDArray[np.str_],
    weight: NDArray[np.float64],
    spec: NgramSpec,
    settings: TextSettings,
) -> tuple[TextModel, NDArray[np.float64]]:
    """Fit on seller-grouped folds.

    Returns
    -------
    model, margins
        The folds' average, and the margins of every row by the model that did not see
        its seller: words, characters and both with the intercept; shape (n, 3).
    """
    margins = np.zeros((len(y), 3))
    total, intercept, count = np.zeros((x.shape[1], 1)), 0.0, 0
    for fit, held in grouped_folds(y, groups, settings.folds, settings.seed):
        columns, bias = fit_columns(x[fit], scale[fit], y[fit], weight[fit], spec.words, settings)
        margins[held] = margins_of(x[held], scale[held], columns, bias)
        total, intercept, count = total + columns, intercept + bias, count + 1
    scaled = fit_scale(margins[:, 2], y, weight)
    margins *= scaled.slope
    margins[:, 2] += scaled.intercept
    bias = scaled.slope * intercept / count + scaled.intercept
    mean = total / count
    mean[:, :2] *= scaled.slope
    return TextModel(mean.astype(np.float32), bias), margins
