"""Text scores: logistic regression on n-grams weighted by log-count ratio and rarity.

After Wang and Manning, "Baselines and Bigrams" (2012). A text's sum is divided by the root of
its length, or long texts would decide by their length alone. The penalty is strong, as the ratio
says already which way an n-gram points: it spreads what was learnt over n-grams that go together.
Margins shrink with it and are stretched to log-odds, by what they are worth out of fold. The
weights of the folds are averaged to serve, so that margins keep the scale of those out of fold,
from which the trees learnt.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

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


class TextSettings(msgspec.Struct, frozen=True):
    """Inverse penalty, pseudo-count of the ratio, and folds; the same for every topic."""

    c: float = 0.15
    alpha: float = 0.01
    folds: int = 5
    seed: int = 0


@dataclass(frozen=True, slots=True)
class TextModel:
    """Weights of the n-grams, float32 of shape (buckets, 2): words, characters."""

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


def fit_text(
    x: csr_matrix,
    scale: NDArray[np.float32],
    y: NDArray[np.bool_],
    weight: NDArray[np.float64],
    settings: TextSettings,
) -> tuple[NDArray[np.float64], float]:
    """Fit one text score; returns the weight of each n-gram and the intercept."""
    seen = np.flatnonzero(x.getnnz(axis=0))
    narrow = x[:, seen]
    rarity = np.log((1 + weight.sum()) / (1 + narrow.T @ weight)) + 1
    factor = np.abs(log_count_ratio(narrow, y, weight, settings.alpha)) * rarity / 4
    values = factor[narrow.indices] * np.repeat(scale, np.diff(narrow.indptr))
    scaled = csr_matrix((values, narrow.indices, narrow.indptr), narrow.shape)
    model = LogisticRegression(C=settings.c, solver="liblinear", random_state=settings.seed)
    model.fit(scaled, y, sample_weight=weight)
    weights = np.zeros(x.shape[1])
    weights[seen] = factor * model.coef_[0]
    return weights, float(model.intercept_[0])


def split(weights: NDArray[np.float64], spec: NgramSpec) -> NDArray[np.float32]:
    """Part the weights into a column of words and one of characters."""
    columns = np.zeros((spec.buckets, 2), np.float32)
    columns[: spec.words, 0] = weights[: spec.words]
    columns[spec.words :, 1] = weights[spec.words :]
    return columns


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
    total, intercept, count = np.zeros(x.shape[1]), 0.0, 0
    for fit, held in grouped_folds(y, groups, settings.folds, settings.seed):
        weights, bias = fit_text(x[fit], scale[fit], y[fit], weight[fit], settings)
        margins[held, :2] = (x[held] @ split(weights, spec)) * scale[held, None]
        margins[held, 2] = margins[held, 0] + margins[held, 1] + bias
        total, intercept, count = total + weights, intercept + bias, count + 1
    scaled = fit_scale(margins[:, 2], y, weight)
    margins *= scaled.slope
    margins[:, 2] += scaled.intercept
    bias = scaled.slope * intercept / count + scaled.intercept
    return TextModel(split(scaled.slope * total / count, spec), bias), margins
