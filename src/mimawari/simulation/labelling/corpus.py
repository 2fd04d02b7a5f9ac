"""Listings whose labels are all known, hashed once, and the fast model that learns from some."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.metrics import average_precision_score

from mimawari.alerts.selection import embed
from mimawari.detectors.gbdt.linear import TextSettings, fit_text, length_scale, matrix
from mimawari.detectors.ngrams import NgramSpec
from mimawari.detectors.platt import fit_scale
from mimawari.listings.normalise import canonicalise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mimawari.listings.listing import Listing

    Floats = NDArray[np.float64]
    Rows = NDArray[np.int64]
    Model = tuple[Floats, float]

SETTINGS = TextSettings()


@dataclass(frozen=True, slots=True, eq=False)
class Corpus:
    """Listings as a learner sees them.

    ``x`` holds the columns of n-grams that occur at all, ``scale`` the factors of the texts'
    lengths, ``vectors`` what `embed` gives.
    """

    ids: tuple[str, ...]
    sellers: NDArray[np.str_]
    x: csr_matrix
    scale: NDArray[np.float32]
    vectors: NDArray[np.float32]

    @classmethod
    def of(cls, listings: Sequence[Listing]) -> Corpus:
        """Hash listings."""
        texts = canonicalise([listing.text for listing in listings])
        x = matrix(texts, NgramSpec())
        return cls(
            tuple(listing.id for listing in listings),
            np.array([listing.seller_id for listing in listings]),
            x[:, np.flatnonzero(x.getnnz(axis=0))],  # narrow: models are fitted again and again
            length_scale(texts),
            embed(texts),
        )

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: Rows) -> Corpus:
        """Select listings; the columns stay those of all."""
        ids = tuple(self.ids[i] for i in rows)
        return Corpus(ids, self.sellers[rows], self.x[rows], self.scale[rows], self.vectors[rows])

    def fit(self, rows: Rows, y: NDArray[np.bool_], weight: Floats | None = None) -> Model:
        """Fit the text score on some rows; ``y`` holds the labels of all, ``weight`` theirs.

        Stretched to log-odds by the same rows, which is cheap, and puts one half between the
        classes; how steep the curve is there does not change who is nearest to it.
        """
        weight = np.ones(len(rows)) if weight is None else weight
        x, scale, known = self.x[rows], self.scale[rows], y[rows]
        weights, intercept = fit_text(x, scale, known, weight, SETTINGS)
        margin = np.asarray((x @ weights) * scale + intercept, np.float64)
        line = fit_scale(margin, known, weight)
        return line.slope * weights, line.slope * intercept + line.intercept

    def margins(self, model: Model) -> Floats:
        """Give the log-odds of every listing, shape (n,)."""
        weights, intercept = model
        return np.asarray((self.x @ weights) * self.scale + intercept)

    def auprc(self, model: Model, y: NDArray[np.bool_]) -> float:
        """Give the average precision of a model's order of all listings."""
        return float(average_precision_score(y, self.margins(model)))
