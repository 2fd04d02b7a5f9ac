"""Hashed vectors keep the cosines of the n-grams they stand for."""

from __future__ import annotations

import numpy as np

from mimawari.alerts.selection import embed
from mimawari.detectors.gbdt.linear import matrix
from mimawari.detectors.ngrams import NgramSpec
from mimawari.listings.normalise import canonicalise

WORDS = ["air", "gun", "lamp", "red", "blue", "old", "case", "steel", "toy", "watch", "gold"]


def test_products_are_about_the_exact_cosines() -> None:
    random = np.random.default_rng(0)
    texts = canonicalise([" ".join(random.choice(WORDS, 8)) for _ in range(60)])
    x = matrix(texts, NgramSpec())
    x = x[:, np.flatnonzero(x.getnnz(axis=0))].toarray().astype(np.float64)
    rarity = np.log((1 + len(x)) / (1 + x.sum(axis=0))) + 1
    exact = (x * rarity) @ (x * rarity).T
    length = np.sqrt(np.diag(exact))
    exact /= length[:, None] * length
    errors = [embed(texts, seed=s).astype(float) @ embed(texts, seed=s).T - exact for s in range(4)]
    off = ~np.eye(len(x), dtype=bool)
    assert abs(np.mean(errors)) < 0.01
    assert np.std(np.array(errors)[:, off]) < 1.5 / 16


def test_empty_texts_and_empty_batches() -> None:
    assert embed(canonicalise([])).shape == (0, 256)
    vectors = embed(canonicalise(["", "gun"]))
    assert np.linalg.norm(vectors, axis=1).round(6).tolist() == [0.0, 1.0]
    assert embed(canonicalise(["gun"])).dtype == np.float32
