from __future__ import annotations

import numpy as np
import pytest

from mimawari.errors import InvalidInputError
from mimawari.simulation.delays import Delays
from mimawari.simulation.duel import Duel
from mimawari.simulation.effects import Effects
from mimawari.simulation.items import Items, draw_items, reach
from mimawari.simulation.noise import misjudge
from mimawari.simulation.pool import Pool, draw_pool, top

DUEL = Duel.solve(1_000_000, 0.001, 0.30, 0.33, 0.7)
NULL = Duel.solve(1_000_000, 0.001, 0.30, 0.30, 0.7)
SMALL = Duel.solve(4_000, 0.05, 0.6, 0.7, overlap=0.6, capacity=100, spread=0.3)


@pytest.mark.parametrize(
    "case",
    [
        (1_000_000, 0.001, 0.30, 0.33, 0.3),
        (1_000_000, 0.001, 0.30, 0.33, 0.9),
        (100_000, 0.0001, 0.025, 0.03, 0.7),
        (100_000, 0.001, 0.30, 0.36, 0.7),
    ],
)
def test_a_pool_meets_its_targets(case: tuple[int, float, float, float, float]) -> None:
    duel, days = Duel.solve(*case), 1_000
    pool, wanted = draw_pool(duel, days, seed=1), duel.expected
    hits = pool.shared_hits[:, None] + np.stack(
        [(side == 1).sum(1) for side in (pool.champion, pool.candidate)], axis=1
    )
    error = hits.std(axis=0) / duel.capacity / np.sqrt(days)
    # An order statistic's precision is off the closed form by O(1/K): allow a third of a point.
    slack = 4 * error + 0.004 * np.array(pool.precisions)
    assert abs(pool.precisions[0] - wanted.precision_a) < slack[0]
    assert abs(pool.precisions[1] - wanted.precision_b) < slack[1]
    assert 1 - pool.differing.mean() / duel.capacity == pytest.approx(wanted.overlap, abs=0.005)
    assert pool.only[0] == pytest.approx(wanted.champion_only, abs=0.008)
    assert pool.only[1] == pytest.approx(wanted.candidate_only, abs=0.008)
    assert pool.split_hits.mean(axis=0) / (duel.capacity / 2) == pytest.approx(
        pool.precisions, abs=0.006
    )


def _whole_days(duel: Duel, days: int, seed: int) -> tuple[float, float, float]:
    """Draw every listing of every day, and rank them all."""
    random = np.random.default_rng(seed)
    a_hits = b_hits = shared = 0
    rest = np.sqrt(1 - duel.correlation**2)
    for _ in range(days):
        factor = random.lognormal(-(duel.spread**2) / 2, duel.spread)
        bad = random.poisson(duel.listings * duel.prevalence * factor)
        label = np.arange(duel.listings) < bad
        z = random.standard_normal((2, duel.listings))
        a = z[0] + duel.shift_a * label
        b = duel.correlation * z[0] + rest * z[1] + duel.shift_b * label
        best = [set(np.argsort(-s)[: duel.capacity].tolist()) for s in (a, b)]
        a_hits += sum(i < bad for i in best[0])
        b_hits += sum(i < bad for i in best[1])
        shared += len(best[0] & best[1])
    return tuple(x / days / duel.capacity for x in (a_hits, b_hits, shared))  # type: ignore[return-value]


def test_drawing_only_what_is_in_reach_changes_nothing() -> None:
    pool = draw_pool(SMALL, 2_000, seed=2)
    drawn = (*pool.precisions, 1 - pool.differing.mean() / SMALL.capacity)
    assert _whole_days(SMALL, 600, seed=3) == pytest.approx(drawn, abs=0.012)


def test_items_lie_above_the_reach() -> None:
    items = draw_items(DUEL, np.zeros(20, int), Effects(), np.random.default_rng(0))
    assert (np.maximum(items.a, items.b) > reach(DUEL)).all()
    assert np.bincount(items.day).min() > DUEL.capacity


def _naive_pool_day(items: Items, day: int, k: int, grouped: bool) -> tuple[list[int], ...]:
    """Give rows shared, only A's, only B's, each in rank order, with plain lists and sets."""
    lists = []
    for scores in (items.a, items.b):
        best: list[int] = []
        seen: set[int] = set()
        for i in sorted(np.flatnonzero(items.day == day).tolist(), key=lambda i: -scores[i]):
            cluster = int(items.cluster[i])
            if len(best) < k and not (grouped and cluster in seen):
                best.append(i)
                seen.add(cluster)
        lists.append(best)
    a, b = lists
    return (
        [i for i in a if i in set(b)],
        [i for i in a if i not in set(b)],
        [i for i in b if i not in set(a)],
    )


@pytest.mark.parametrize("grouped", [True, False])
def test_lists_equal_the_naive_ones(grouped: bool) -> None:
    effects = Effects(cluster=2.0, grouped=grouped)
    pool = draw_pool(DUEL, 6, seed=4, effects=effects)
    items = draw_items(DUEL, np.zeros(6, int), effects, np.random.default_rng(4))
    for day in range(6):
        shared, a, b = _naive_pool_day(items, day, DUEL.capacity, grouped)
        labels = items.violates.astype(int)
        assert pool.differing[day] == len(a) == len(b)
        assert pool.champion[day, : len(a)].tolist() == labels[a].tolist()
        assert pool.candidate[day, : len(b)].tolist() == labels[b].tolist()
        assert (pool.champion[day, len(a) :] == -1).all()
        assert pool.shared_hits[day] == labels[shared].sum()


def test_a_day_with_fewer_than_k_is_told() -> None:
    few = Items(np.zeros(3, int), np.zeros(3, bool), np.arange(3), np.zeros(3), np.zeros(3))
    with pytest.raises(ValueError, match="fewer than K = 4"):
        top(few, few.a, 4, grouped=False)


def _dispersion(pool: Pool) -> float:
    """Variance of the days' differences over that of independent items."""
    a, b = ((side == 1).sum(1) for side in (pool.champion, pool.candidate))
    m, (p, q) = pool.differing, pool.only
    return float(np.var(b - a) / np.mean(m * (p * (1 - p) + q * (1 - q))))


def test_effects_make_days_differ() -> None:
    """Without effects day sums vary as coins do; clusters and interplay make them vary more."""
    plain = _dispersion(draw_pool(NULL, 2_000, seed=5))
    ungrouped = _dispersion(draw_pool(NULL, 2_000, 5, Effects(cluster=2.5, grouped=False)))
    grouped = _dispersion(draw_pool(NULL, 2_000, 5, Effects(cluster=2.5)))
    interplay = _dispersion(draw_pool(NULL, 2_000, 5, Effects(interplay=NULL.interplay(0.1))))
    assert plain == pytest.approx(1.0, abs=0.12)
    assert grouped < 1.15
    assert ungrouped > 1.6
    # Extra variance of a day's sum: (m tau)^2 = 60^2 * .01, over 2 * 60 * .184 * .816.
    assert interplay == pytest.approx(1 + 36 / 18, rel=0.15)


def test_drift_lowers_both_and_is_followed_day_for_day() -> None:
    duel, days = DUEL, 20
    pool = draw_pool(duel, 100 * days, 6, Effects(drift=0.02, horizon=days))
    hits = pool.shared_hits + (pool.champion == 1).sum(1)
    by_day = hits.reshape(-1, days).mean(0)
    assert by_day[0] == pytest.approx(60, abs=4)
    assert by_day[-1] < 0.75 * by_day[0]
    drawn = pool.sample(50, 45, np.random.default_rng(0))
    assert (drawn % days == np.arange(45) % days).all()
    assert len(np.unique(drawn)) > 500


def test_same_seed_same_pool() -> None:
    one, other = draw_pool(DUEL, 30, seed=7), draw_pool(DUEL, 30, seed=7)
    assert (one.champion == other.champion).all()
    assert (one.split_hits == other.split_hits).all()
    assert (one.differing != draw_pool(DUEL, 30, seed=8).differing).any()


def test_moderators_errors_shrink_the_difference_and_keep_its_sign() -> None:
    pool = draw_pool(DUEL, 1_500, seed=9)
    seen = pool.judged((0.9, 0.97), (0.9, 0.97), np.random.default_rng(1))
    true, noisy = np.subtract(*pool.only[::-1]), np.subtract(*seen.only[::-1])
    assert noisy == pytest.approx((0.9 + 0.97 - 1) * true, rel=0.06)
    assert ((pool.champion == -1) == (seen.champion == -1)).all()


def test_differential_errors_invent_a_difference() -> None:
    pool = draw_pool(NULL, 1_500, seed=10)
    seen = pool.judged((0.85, 1.0), (1.0, 1.0), np.random.default_rng(1))
    assert seen.only[1] - seen.only[0] == pytest.approx(0.15 * pool.only[0], abs=0.006)


def test_misjudged_rates() -> None:
    labels = np.repeat(np.array([1, 0, -1], np.int8), 20_000)
    seen = misjudge(labels, (0.8, 0.95), np.random.default_rng(2))
    assert seen[:20_000].mean() == pytest.approx(0.8, abs=0.012)
    assert seen[20_000:40_000].mean() == pytest.approx(0.05, abs=0.007)
    assert (seen[40_000:] == -1).all()


def test_delays_are_lognormal_and_slow_where_told() -> None:
    delays = Delays(median=0.5, spread=0.8, slow_candidate_negatives=3.0)
    labels = np.repeat(np.array([1, 0], np.int8), 20_000)
    for candidate, factor in ((True, 3.0), (False, 1.0)):
        drawn = delays.days(labels, candidate, np.random.default_rng(3))
        assert np.median(drawn[:20_000]) == pytest.approx(0.5, rel=0.04)
        assert np.median(drawn[20_000:]) == pytest.approx(0.5 * factor, rel=0.04)
        assert np.log(drawn[:20_000]).std() == pytest.approx(0.8, rel=0.03)


def test_wrong_effects_are_all_named() -> None:
    with pytest.raises(InvalidInputError) as told:
        Effects(interplay=-1, cluster=float("nan"), horizon=0)
    assert [p.field for p in told.value.problems] == ["interplay", "cluster", "horizon"]
