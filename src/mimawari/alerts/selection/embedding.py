"""Texts as short vectors, to tell near ones from far ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix

from mimawari.detectors.ngrams import NgramSpec, hash_batch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mimawari.listings.normalise import CanonicalTexts

SIZE = 256


def embed(texts: CanonicalTexts, size: int = SIZE, seed: int = 0) -> NDArray[np.float32]:
    """Give a vector of length 1 a text, whose products are about the cosines of the n-grams.

    Each n-gram, weighted by its rarity ``ln((1 + n) / (1 + df)) + 1``, is added to one of
    ``size`` places with a random sign (Weinberger et al., "Feature hashing for large scale
    multitask learning", ICML 2009): the expected product is the exact one, with a standard
    error of about ``1 / sqrt(size)``. A text without n-grams gives zeros.

    Returns
    -------
    NDArray
        Shape (len(texts), size).

    Examples
    --------
    >>> from mimawari.listings.normalise import canonicalise
    >>> first, same, other, empty = embed(canonicalise(["air gun", "AIR GUN", "red lamp", ""]))
    >>> bool(first @ same > 0.8), bool(abs(first @ other) < 0.3), float(empty @ empty)
    (True, True, 0.0)
    """
    spec = NgramSpec()
    starts, buckets = hash_batch(texts, spec)
    places, inverse = np.unique(buckets, return_inverse=True)
    random = np.random.default_rng(seed)
    column = random.integers(size, size=spec.buckets)[places]
    sign = random.choice([-1.0, 1.0], spec.buckets)[places]
    n = len(starts) - 1
    rarity = np.log((1 + n) / (1 + np.bincount(inverse, minlength=len(places)))) + 1
    grams = csr_matrix((np.ones(len(inverse), np.float32), inverse, starts), shape=(n, len(places)))
    rows = np.arange(len(places))
    fold = csr_matrix(
        ((sign * rarity).astype(np.float32), (rows, column)), shape=(len(places), size)
    )
    vectors = (grams @ fold).toarray()
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(length > 0, length, 1.0), np.float32)
