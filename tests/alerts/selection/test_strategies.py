"""Every strategy keeps its promises, and the fast ones equal the slow and plain."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare
from tests.alerts.selection import oracles

from mimawari.alerts.selection import STRATEGIES, Pool, choose
from mimawari.alerts.selection.disagreement import divergence
from mimawari.alerts.selection.diversity import NEAR, without_near
from mimawari.alerts.selection.pool import best
from mimawari.alerts.selection.uncertainty import closeness
from mimawari.errors import InvalidInputError

# Few values, so that ties and gaps are common.
score = st.sampled_from([0.0, 0.1, 0.5, 0.5, 0.9, 1.0, float("nan")])
# Their cosines are exact, so that equals are equal on every processor; 7/8 is near, 1/2 is not.
place = st.sampled_from(
    [
        (1, 0, 0, 0, 0),
        (0, 1, 0, 0, 0),
        (0, 0, 0, 0, 1),
        (1 / 2, 1 / 2, 1 / 2, 1 / 2, 0),
        (7 / 8, 3 / 8, 2 / 8, 1 / 8, 1 / 8),
        (0, 0, 0, 0, 0),
    ]
)
NAMES = pytest.mark.parametrize("name", STRATEGIES)


@st.composite
def pools(draw: st.DrawFn) -> Pool:
    n = draw(st.integers(1, 12))

    def column(one: st.SearchStrategy[object]) -> list[object]:
        return draw(st.lists(one, min_size=n, max_size=n))

    return Pool(
        [f"listing {i}" for i in range(n)],
        np.array(column(st.booleans()), bool),
        np.array([column(score), column(score)], np.float64),
        np.array(column(place), np.float32),
        draw(st.none() | st.integers(1, 15)),
    )


budgets = st.integers(1, 14)


@NAMES
@given(pool=pools(), budget=budgets, seed=st.integers(0, 5))
def test_what_holds_for_all(name: str, pool: Pool, budget: int, seed: int) -> None:
    chosen = choose(pool, budget, name, seed)
    rows = chosen.rows.tolist()
    assert len(rows) == min(budget, int((~pool.known).sum()))
    assert len(set(rows)) == len(rows)
    assert not pool.known[chosen.rows].any()
    assert chosen.probability.shape == (len(rows),)
    told = chosen.probability[~np.isnan(chosen.probability)]
    assert ((told > 0) & (told <= 1)).all()
    again = choose(pool, budget, name, seed)
    assert again.rows.tolist() == rows
    assert np.array_equal(again.probability, chosen.probability, equal_nan=True)


@NAMES
@given(pool=pools(), budget=budgets, shuffle=st.randoms(use_true_random=False))
def test_the_order_of_the_file_does_not_matter(
    name: str, pool: Pool, budget: int, shuffle: object
) -> None:
    """Equals are ordered by their ids alone."""
    order = np.arange(len(pool.ids))
    shuffle.shuffle(order)  # type: ignore[attr-defined]
    assert pool.vectors is not None
    ids = [pool.ids[i] for i in order]
    other = Pool(ids, pool.known[order], pool.scores[:, order], pool.vectors[order], pool.capacity)
    first = [pool.ids[i] for i in choose(pool, budget, name).rows]
    assert [ids[i] for i in choose(other, budget, name).rows] == first


@given(pools(), budgets)
def test_top_equals_sorting(pool: Pool, budget: int) -> None:
    assert choose(pool, budget, "top").rows.tolist() == oracles.rows_by(
        oracles.mean(pool), pool, budget
    )
    assert best(pool.score, pool, 0).tolist() == []


@given(pools(), budgets)
def test_uncertainty_is_nearest_the_cut(pool: Pool, budget: int) -> None:
    chosen = choose(pool, budget, "uncertainty").rows.tolist()
    assert chosen == oracles.rows_by(closeness(pool), pool, budget)
    p = np.clip(oracles.mean(pool), 1e-9, 1 - 1e-9)
    ranked = sorted(p[~np.isnan(p)].tolist(), reverse=True)
    cut = 0.5
    if pool.capacity is not None and ranked:
        cut = ranked[min(pool.capacity, len(ranked)) - 1]
    odds = np.log(p / (1 - p)) - np.log(cut / (1 - cut))
    assert np.allclose(closeness(pool), -np.abs(odds), equal_nan=True)


@given(pools(), budgets)
def test_disagreement_is_the_divergence(pool: Pool, budget: int) -> None:
    found = divergence(pool.scores)
    assert np.allclose(found, oracles.jensen_shannon(pool.scores), equal_nan=True)
    chosen = choose(pool, budget, "disagreement").rows.tolist()
    assert chosen == oracles.rows_by(found, pool, budget)


@given(pools(), budgets)
def test_diversity_equals_comparing_all(pool: Pool, budget: int) -> None:
    assert choose(pool, budget, "diversity").rows.tolist() == oracles.k_centre(pool, budget)


@given(pools(), budgets)
def test_near_duplicates_come_last(pool: Pool, budget: int) -> None:
    assert pool.vectors is not None
    order = best(pool.score, pool, len(pool.open))
    found = without_near(order, pool.vectors, budget).tolist()
    assert found == oracles.apart(order.tolist(), pool.vectors, budget, NEAR)


@given(pools(), budgets)
def test_mixed_is_the_doubtful_then_chance(pool: Pool, budget: int) -> None:
    chosen = choose(pool, budget, "mixed")
    rows, n = chosen.rows.tolist(), len(chosen.rows)
    by_score = n - max(1, round(n * 0.1)) if n else 0
    whole = not np.isnan(pool.score[pool.open]).any()
    sure = by_score if whole else -(-by_score // 2)
    left = len(pool.open) - sure
    assert chosen.probability.tolist() == [1.0] * sure + [(n - sure) / max(left, 1)] * (n - sure)
    assert pool.vectors is not None
    if whole:
        order = oracles.rows_by(closeness(pool), pool, len(pool.open))
        assert rows[:sure] == oracles.apart(order, pool.vectors, sure, NEAR)
    elif sure:
        top = oracles.rows_by(oracles.mean(pool), pool, 1)
        assert np.isnan(pool.score[top]).all() or rows[:1] == top


@pytest.mark.parametrize("name", ["random", "mixed"])
def test_sums_over_probabilities_are_unbiased(name: str) -> None:
    """Horvitz and Thompson: over many draws the mean estimate is the true count."""
    random = np.random.default_rng(3)
    y = random.random(300) < 0.1
    scores = np.clip(0.3 * y + 0.5 * random.random(300), 0, 1)[None]
    vectors = random.normal(size=(300, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    pool = Pool([str(i) for i in range(300)], np.zeros(300, bool), scores, vectors)
    found = []
    for seed in range(1000):
        chosen = choose(pool, 40, name, seed)
        found.append(float((y[chosen.rows] / chosen.probability).sum()))
    error = np.std(found) / 1000**0.5
    assert abs(np.mean(found) - y.sum()) < 4 * error


def test_probabilities_are_how_often_rows_are_chosen() -> None:
    pool = Pool([str(i) for i in range(20)], np.arange(20) < 5)
    times = np.zeros(20)
    for seed in range(3000):
        times[choose(pool, 6, "random", seed).rows] += 1
    assert times[:5].sum() == 0
    # Six of fifteen, each as often as any other.
    assert chisquare(times[5:]).pvalue > 0.001
    assert choose(pool, 6, "random").probability.tolist() == [6 / 15] * 6


@pytest.mark.parametrize("name", ["top", "uncertainty", "disagreement", "diversity"])
def test_choosing_without_chance_claims_no_probability(name: str) -> None:
    v = np.eye(4, dtype=np.float32)
    pool = Pool("abcd", np.zeros(4, bool), np.array([[0.1, 0.2, 0.3, 0.4]] * 2), v)
    assert np.isnan(choose(pool, 2, name).probability).all()


def test_mixed_without_opinions_is_diverse() -> None:
    v = np.array([[1, 0, 0], [1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)
    none = Pool("abcde", np.array([True, False, False, False, False]), vectors=v)
    chosen = choose(none, 4, "mixed")
    assert set(chosen.rows[:2].tolist()) == {3, 4}
    assert chosen.probability.tolist() == [1.0, 1.0, 1.0, 1.0]


def test_rules_alone_get_half_and_chance_the_rest() -> None:
    """Hits alone would be labels of one kind."""
    hits = np.full((1, 100), np.nan)
    hits[0, :30] = 0.8
    v = np.random.default_rng(0).normal(size=(100, 16)).astype(np.float32)
    v /= np.linalg.norm(v, axis=1, keepdims=True)
    pool = Pool([str(i) for i in range(100)], np.zeros(100, bool), hits, v)
    chosen = choose(pool, 20, "mixed")
    assert (chosen.rows[:9] < 30).all()
    assert chosen.probability.tolist() == [1.0] * 9 + [11 / 91] * 11
    hits[0, 3:] = np.nan
    few = choose(Pool(pool.ids, pool.known, hits, v), 20, "mixed")
    assert set(few.rows[:3].tolist()) == {0, 1, 2}
    assert few.probability.tolist() == [1.0] * 9 + [11 / 91] * 11


@pytest.mark.parametrize(
    ("pool", "budget", "name", "said"),
    [
        (Pool("ab", np.zeros(2, bool)), 0, "random", "budget: is 0; give 1 or more"),
        (Pool("ab", np.zeros(2, bool)), 1, "best", "strategy: is 'best'; use random, top"),
        (Pool("ab", np.zeros(2, bool)), 1, "top", "scores: come from 0 models; top needs 1"),
        (Pool("ab", np.zeros(2, bool), np.ones((1, 2))), 1, "disagreement", "needs 2 or more"),
        (Pool("ab", np.zeros(2, bool)), 1, "diversity", "vectors: are missing"),
    ],
)
def test_what_cannot_be_done_is_said(pool: Pool, budget: int, name: str, said: str) -> None:
    with pytest.raises(InvalidInputError) as told:
        choose(pool, budget, name)
    assert said in str(told.value)


def test_pools_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InvalidInputError) as told:
        Pool("aa", np.zeros(3, bool), np.ones((1, 4)), np.ones((5, 2), np.float32))
    fields = [problem.field for problem in told.value.problems]
    assert fields == ["id", "known", "scores", "vectors"]
