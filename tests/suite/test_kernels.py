"""The loops over all models, beside obvious ones."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mimawari.detectors.gbdt_models.kernel import gather_halves, rows_in_reach
from mimawari.detectors.ngrams import NgramSpec, gather, with_marks
from mimawari.detectors.ngrams.kernel import _orders, occupancy
from mimawari.detectors.ngrams.reference import sums as naive_sums
from mimawari.listings.normalise import canonicalise

SPEC = NgramSpec(bits=9)
words = st.sampled_from(
    ["rolex", "[replica]", "銃", "ナイキの", "g-u-n", "new", "a", "10mg", "!!!"]
)
texts = st.lists(st.lists(words, max_size=60).map(" ".join), max_size=6)


def weights_of(models: int, seed: int, share: float) -> np.ndarray:
    """Draw weights, some of them 0; words and characters in one column a model."""
    random = np.random.default_rng(seed)
    drawn = (
        random.normal(size=(SPEC.buckets, models)) * (random.random(SPEC.buckets) < share)[:, None]
    )
    return drawn.astype(np.float32)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(texts, st.integers(1, 45), st.integers(0, 9), st.sampled_from([0.0, 0.3, 1.0]))
@example(["rolex new " * 300], 100, 0, 1.0)
def test_sums_of_all_models_equal_each_alone_and_the_reference(
    written: list[str], models: int, seed: int, share: float
) -> None:
    canon, weights = canonicalise(written), weights_of(models, seed, share)
    marked = with_marks(canon)
    sums = np.zeros((len(written), 2, models), np.float32)
    gather_halves(canon.codes, canon.starts, marked.codes, marked.starts, *_orders(SPEC),
                  SPEC.seed, SPEC.words, weights, occupancy(weights), sums)  # fmt: skip
    halves = np.zeros((SPEC.buckets, 2), np.float32)
    for column in range(models):
        halves[: SPEC.words, 0] = weights[: SPEC.words, column]
        halves[SPEC.words :, 1] = weights[SPEC.words :, column]
        assert np.array_equal(sums[:, :, column], gather(canon, SPEC, halves))
    for row in range(len(written)):
        naive = naive_sums(canon.text(row), SPEC, weights, marked.text(row))
        np.testing.assert_allclose(sums[row].sum(axis=0), naive, rtol=1e-4, atol=1e-3)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 12), st.integers(1, 6), st.integers(0, 99))
def test_rows_in_reach_are_those_not_under_the_least(n: int, models: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    values = np.array([-np.inf, -1, 0, 1, np.inf, np.nan])
    margins = random.choice(values, (n, models)).astype(np.float32)
    least = random.choice(values[:5], models)
    refined, rows, bounds = rows_in_reach(margins, least)
    for column in range(models):
        expected = [row for row in range(n) if not margins[row, column] < least[column]]
        assert rows[bounds[column] : bounds[column + 1]].tolist() == expected
        assert np.flatnonzero(refined[:, column]).tolist() == expected
