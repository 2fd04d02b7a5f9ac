"""The bench's compiled folds against the library, step by step, and its orders against rules."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from bench.experiments.cases import Cell, Size, mirrored
from bench.experiments.compiled.folds import NEVER, dispersion, fold_blocks, fold_pairs
from bench.experiments.compiled.kernels import trace_blocks, trace_pairs
from bench.experiments.compiled.orders import FAST, RANK, SAFE, online, reuse, spread
from bench.experiments.controls import by_rank
from bench.experiments.runs import Limits, blocks, pairs
from bench.experiments.split import planned_days, significant
from scipy.special import expit

from mimawari.evaluation.blocks import GRID, RARE_GRID, BlockEProcess
from mimawari.evaluation.dispersion import LEAST_DAYS, dispersion_trajectory
from mimawari.evaluation.futility import BETS, Futility
from mimawari.evaluation.mcnemar import McNemarEProcess
from mimawari.evaluation.schedule import reuse_schedule
from mimawari.evaluation.trial import Outcome, Rule, Step, evaluate_backtest, evaluate_pairs
from mimawari.simulation.pool import Pool

GRIDS = pytest.mark.parametrize("grid", [GRID, RARE_GRID], ids=["common", "rare"])
RATES = [(0.15, 0.25), (0.2, 0.2), (0.25, 0.15), (0.001, 0.02), (0.05, 0.6)]
NULL = Cell("normal", 0.7)


@GRIDS
@pytest.mark.parametrize("rates", RATES)
def test_pairs_equal_the_library_step_by_step(
    grid: tuple[float, ...], rates: tuple[float, float]
) -> None:
    random = np.random.default_rng(1)
    y_a, y_b = (random.random(600) < rate for rate in rates)
    log_e, log_f = trace_pairs(
        y_a.astype(int), y_b.astype(int), np.array(grid), np.array(BETS), 0.1
    )
    process, futility = McNemarEProcess(grid), Futility(0.1)
    for i in range(600):
        process.update(int(y_a[i]), int(y_b[i]))
        futility.update(int(y_b[i]) - int(y_a[i]))
        assert log_e[i] == pytest.approx(process.log_e, abs=1e-9)
        assert log_f[i] == pytest.approx(futility.log_f, abs=1e-9)


@GRIDS
@pytest.mark.parametrize("rates", RATES)
def test_blocks_equal_the_library_step_by_step(
    grid: tuple[float, ...], rates: tuple[float, float]
) -> None:
    random = np.random.default_rng(2)
    r = random.integers(1, 8, 400)
    a, y = random.binomial(r, rates[0]), (random.random(400) < rates[1]).astype(int)
    log_e, log_f = trace_blocks(a, r, y, np.array(grid), np.array(BETS), 9.5, 41.0, 0.1)
    process, futility = BlockEProcess(grid, (9.5, 41.0)), Futility(0.1)
    for i in range(400):
        process.update(int(a[i]), int(r[i]), int(y[i]))
        futility.update(y[i] - a[i] / r[i])
        assert log_e[i] == pytest.approx(process.log_e, abs=1e-9)
        assert log_f[i] == pytest.approx(futility.log_f, abs=1e-9)


def _outcome(promote: int, reject: int) -> tuple[Outcome, int | None]:
    """Say what the rule makes of the first steps that promote and that reject."""
    if promote != NEVER and (reject == NEVER or promote <= reject):
        return Outcome.PROMOTE, promote + 1
    return (Outcome.REJECT, reject + 1) if reject != NEVER else (Outcome.CONTINUE, None)


@pytest.mark.parametrize("limits", [(1, np.inf), (3, 1.1), (14, 1.0)])
@pytest.mark.parametrize("seed", range(40))
def test_folds_decide_as_the_library_does(seed: int, limits: tuple[int, float]) -> None:
    random = np.random.default_rng([3, seed])
    n = int(random.integers(1, 500))
    day = random.integers(0, 20, n) if seed % 2 else np.sort(random.integers(0, 20, n))
    rates = np.clip(random.uniform(0.05, 0.3) + random.normal(0, 0.15, (2, 20)), 0, 1)
    rates[1] = np.clip(rates[1] + random.uniform(-0.05, 0.15), 0, 1)
    r = random.integers(1, 6, n)
    a, y = random.binomial(r, rates[0, day]), (random.random(n) < rates[1, day]).astype(int)
    one = (random.random(n) < rates[0, day]).astype(int)
    rule = Rule(200, minimum_days=limits[0], phi_limit=limits[1])
    guard = limits[1] if np.isfinite(limits[1]) else 0.0
    test = (np.array(BETS), 0.1, 20.0, 10.0, limits[0], guard, LEAST_DAYS, False)
    grid = np.array(GRID)

    found = evaluate_pairs(
        [Step(*map(int, row)) for row in zip(day, y, one, strict=True)], rule, 60.0
    )
    assert _outcome(*fold_pairs(day, one, y, n, grid, *test)) == (found.outcome, found.at)

    steps = [Step(*map(int, row)) for row in zip(day, y, a, r, strict=True)]
    found = evaluate_backtest(steps, rule, 60.0, (3.5, 20.0))
    made = fold_blocks(day, a, r, y, n, (3.5, 20.0), grid, *test)
    assert _outcome(*made) == (found.outcome, found.at)


def test_the_seeds_above_reach_every_outcome() -> None:
    """Else the comparison would hold for want of decisions."""
    pool = replace(NULL, gain=0.03).pool(400)
    test = Limits(np.array(GRID), minimum_days=3, phi_limit=1.1)
    found = pairs(pool, test, 300, 10, 4)
    assert 0 < found.promoted.mean() < 1
    assert 0 < found.rejected.mean() < 0.2
    assert (found.promoted | found.rejected).mean() < 1


@pytest.mark.parametrize("seed", range(10))
def test_dispersion_equals_the_librarys(seed: int) -> None:
    random = np.random.default_rng([5, seed])
    day, dd = random.integers(0, 4 + seed, 60), random.integers(-1, 2, 60).astype(float)
    sums, squares = np.bincount(day, dd), np.bincount(day, dd**2)
    counts = np.bincount(day).astype(float)
    assert dispersion(sums, squares, counts, LEAST_DAYS) == pytest.approx(
        dispersion_trajectory(day, dd)[-1]
    )


def _pool(m: list[int]) -> Pool:
    """Give days whose labels name them: day d's items are 10 d + rank, the candidate's 1000 on."""
    width = max(m)
    rank = np.arange(width)
    there = rank < np.array(m)[:, None]
    champion = np.where(there, 10 * np.arange(len(m))[:, None] + rank, -1)
    candidate = np.where(there, champion + 1_000, -1)
    zero = np.zeros(len(m), int)
    return Pool(8, champion, candidate, np.array(m), zero, np.zeros((len(m), 2), int))


def _online(pool: Pool, order: int, seed: int, swap: bool = False) -> list[tuple[int, int, int]]:
    room = len(pool) * pool.champion.shape[1]
    day, y_a, y_b = np.empty((3, room), np.int64)
    days = np.arange(len(pool))
    n = online(
        pool.champion, pool.candidate, pool.differing, days, np.full(len(pool), swap), order,
        pool.capacity, np.random.default_rng(seed), day, y_a, y_b, 0, (0, len(pool)),
    )  # fmt: skip
    return list(zip(day[:n].tolist(), y_a[:n].tolist(), y_b[:n].tolist(), strict=True))


def test_online_pairs_are_rank_matched_and_drawn_once() -> None:
    pool = _pool([4, 5, 0, 1, 6])
    for seed in range(50):
        made = _online(pool, SAFE, seed)
        assert all(b == a + 1_000 and a // 10 == d for d, a, b in made)
        assert len(set(made)) == len(made)
        assert [d for d, *_ in made] == sorted(d for d, *_ in made)
        counts = np.bincount([d for d, *_ in made], minlength=5)
        assert counts[0] == 2
        assert counts[1] in (2, 3)
        assert counts[2] == 0
        assert counts[3] in (0, 1)
        assert counts[4] == 3
    assert np.bincount([d for d, *_ in _online(pool, FAST, 0)]).tolist() == [4, 4, 0, 1, 4]


def test_online_positions_are_uniform_and_in_random_order() -> None:
    pool = _pool([5])
    firsts, chosen = np.zeros(5), np.zeros(5)
    for seed in range(4_000):
        made = [a for _, a, _ in _online(pool, SAFE, seed)]
        chosen[made] += 1
        firsts[made[0]] += 1
    assert chosen / 4_000 == pytest.approx(np.full(5, 0.5), abs=0.035)  # (2 + 1/2) of 5
    assert firsts / 4_000 == pytest.approx(np.full(5, 0.2), abs=0.03)
    ranked = [a for _, a, _ in _online(pool, RANK, 1)]
    assert ranked == sorted(ranked)


def test_swapping_exchanges_the_sides() -> None:
    pool = _pool([4, 5])
    assert [(d, b, a) for d, a, b in _online(pool, SAFE, 7)] == _online(pool, SAFE, 7, swap=True)


def test_fresh_pairs_are_spread_over_days() -> None:
    pool = _pool([3, 2, 4])
    day, y_a, y_b = np.empty((3, 12), np.int64)
    swap = np.zeros(3, bool)
    random = np.random.default_rng(8)
    n = spread(pool.champion, pool.candidate, pool.differing, np.arange(3), swap, 12, random,
               day, y_a, y_b)  # fmt: skip
    assert n == 9
    assert sorted(day[:3]) == sorted(day[3:6]) == [0, 1, 2]
    assert sorted(day[6:8]) == [0, 2]
    assert sorted(y_a[:n]) == sorted(pool.champion[pool.champion >= 0])


def test_reuse_takes_the_blocks_of_the_librarys_schedule() -> None:
    """Same days a round, same sizes; which labels of a day go in which block is drawn anew."""
    random = np.random.default_rng(9)
    m = [60, 45, 0, 7, 1]
    labels = [np.full((5, 60), -1, np.int8) for _ in range(2)]
    for side in labels:
        for d, count in enumerate(m):
            side[d, :count] = random.random(count) < 0.4
    work = [np.empty((5, 60), np.int64) for _ in range(2)]
    day, a, r, y = np.empty((4, 300), np.int64)
    n = reuse(
        labels[0], labels[1], np.array(m), np.arange(5), np.zeros(5, bool), 0.1, 300, random,
        *work, day, a, r, y,
    )  # fmt: skip
    items = {d: range(count) for d, count in enumerate(m)}
    wanted = reuse_schedule(items, items, random)
    assert n == len(wanted)
    for d, count in enumerate(m):
        mine = day[:n] == d
        assert r[:n][mine].tolist() == [len(s.champion) for s in wanted if s.day == d]
        assert r[:n][mine].sum() == count
        assert a[:n][mine].sum() == (labels[0][d] == 1).sum()
    rounds = [sorted({s.day for s in wanted[:4]}), sorted(set(day[:4].tolist()))]
    assert rounds[0] == rounds[1] == [0, 1, 3, 4]


def _crossing(n_max: int) -> float:
    """Give the exact chance that fair coins bring the mixture over the grid to 20."""
    q = expit(np.array(GRID))
    left, crossed = np.array([1.0]), 0.0
    for n in range(1, n_max + 1):
        left = 0.5 * (np.append(left, 0.0) + np.append(0.0, left))
        w = np.arange(n + 1)[:, None]
        logs = w * np.log(2 * q) + (n - w) * np.log(2 * (1 - q))
        over = np.logaddexp.reduce(logs, axis=1) - np.log(len(q)) >= np.log(20)
        crossed += float(left[over].sum())
        left[over] = 0.0
    return crossed


def test_null_rate_is_the_exact_one_of_fair_coins() -> None:
    """60 days of 30 pairs at 70 % overlap: about 534 of 1,800 pairs are discordant."""
    pool = NULL.pool(4_000)
    share = ((pool.champion != pool.candidate) & (pool.champion >= 0)).sum() / pool.differing.sum()
    exact = _crossing(round(60 * pool.differing.mean() / 2 * share))
    assert exact == pytest.approx(0.0423, abs=0.0003)
    rate = pairs(pool, NULL.test(pool, only_promote=True), 20_000, 60, 10, null=True).ever
    assert rate == pytest.approx(exact, abs=3.5 * (exact * (1 - exact) / 20_000) ** 0.5)


def test_swapping_by_a_coin_is_a_pool_mirrored() -> None:
    better = replace(NULL, gain=0.06).pool(1_500)
    both = mirrored(better)
    assert both.precisions[0] == both.precisions[1]
    test = Limits(np.array(GRID), only_promote=True)
    rates = [
        blocks(better, test, 8_000, 11, null=True).ever,
        blocks(both, test, 8_000, 12).ever,
    ]
    assert rates[0] == pytest.approx(rates[1], abs=0.02)


def test_back_tests_start_from_the_days_before_the_window() -> None:
    """The candidate hits always; where the champion did too, earlier, that tells less."""
    steps = []
    for before in (0, 1):
        champion = np.zeros((7, 20), np.int8)
        champion[2:] = before  # days 2 to 6 are those before a window of days 0 and 1
        none = np.zeros(7, int)
        pool = Pool(
            200, champion, np.ones_like(champion), none + 20, none, np.zeros((7, 2), int), 7
        )
        found = blocks(pool, Limits(np.array(GRID), only_promote=True), 3, 13, window=2)
        steps.append(set(found.promote.tolist()))
    assert [len(s) for s in steps] == [1, 1]
    assert 0 < min(steps[0]) < min(steps[1])


def _naive_z(pool: Pool, days: np.ndarray) -> list[bool]:
    told = []
    for t in range(1, len(days) + 1):
        a, b = (pool.split_hits[days[:t], i].sum() for i in (0, 1))
        n = t * pool.capacity / 2
        pooled = (a + b) / (2 * n)
        told.append(bool((b - a) / n / (2 * pooled * (1 - pooled) / n) ** 0.5 > 1.6448536269514722))
    return told


def test_the_split_is_a_z_test() -> None:
    pool = replace(NULL, gain=0.03).pool(300)
    found = significant(pool, 5, 40, 14)
    drawn = pool.sample(5, 40, np.random.default_rng(14))
    assert found.tolist() == [_naive_z(pool, days) for days in drawn]


def test_the_plan_is_near_the_textbooks() -> None:
    """2,961 an arm, 29.6 days, for .30 against .33 with 80 % power, one-sided .05."""
    days, power = planned_days(replace(NULL, gain=0.03).pool(3_000), 4_000, 15)
    assert 27 <= days <= 34
    assert power[days - 1] >= 0.8 > power[days - 2]


def test_completion_order_misleads_and_rank_order_too() -> None:
    from bench.experiments.cases import SLOW

    pool = NULL.pool(1_000)
    test = NULL.test(pool, only_promote=True)
    head = pairs(pool, test, 4_000, 60, 16, null=True, delays=SLOW).ever
    wrong = pairs(pool, test, 4_000, 60, 16, "as completed", True, SLOW).ever
    assert head < 0.05 + 3 * 0.0034
    assert wrong > 0.15
    tilted = by_rank(pool, 17)
    rates = [pairs(tilted, test, 4_000, 60, 18, order).ever for order in ("safe", "rank order")]
    assert rates[0] < 0.05 + 3 * 0.0034
    assert rates[1] > rates[0] + 0.01


def test_the_limit_is_three_standard_errors() -> None:
    assert Size(runs=20_000).limit == pytest.approx(0.05462, abs=1e-5)
