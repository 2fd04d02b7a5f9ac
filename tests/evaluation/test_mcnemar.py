"""Pair evidence: class against fold, mirror, carry-over, error under continuous looks."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from mimawari.evaluation.blocks import GRID, block_trajectory
from mimawari.evaluation.mcnemar import McNemarEProcess, mcnemar_trajectory, strict_weights


def naive(y_a: list[int], y_b: list[int]) -> list[float]:
    wealth, out = [1 / len(GRID)] * len(GRID), []
    for a, b in zip(y_a, y_b, strict=True):
        for g, ratio in enumerate(GRID):
            q = float(expit(ratio))
            wealth[g] *= 2 * q if b > a else 2 * (1 - q) if a > b else 1
        out.append(sum(wealth))
    return out


def test_class_fold_and_plain_reading_agree() -> None:
    random = np.random.default_rng(1)
    a, b = random.binomial(1, 0.2, 300), random.binomial(1, 0.3, 300)
    log_e, weights = mcnemar_trajectory(a, b)
    process = McNemarEProcess()
    for i in range(300):
        process.update(a[i], b[i])
        assert process.log_e == pytest.approx(log_e[i], abs=1e-9)
    assert process.log_weights == pytest.approx(weights)
    assert np.exp(log_e) == pytest.approx(naive(a.tolist(), b.tolist()))


def test_swapping_the_models_mirrors_the_evidence() -> None:
    random = np.random.default_rng(2)
    a, b = random.binomial(1, 0.2, 100), random.binomial(1, 0.4, 100)
    mirrored, _ = mcnemar_trajectory(a, b, grid=[-g for g in GRID])
    swapped, _ = mcnemar_trajectory(b, a)
    assert swapped == pytest.approx(mirrored)


def test_concordant_pairs_change_nothing() -> None:
    process = McNemarEProcess()
    for label in (0, 1, 1, 0):
        process.update(label, label)
    assert process.e_value == pytest.approx(1)


def test_order_does_not_matter_to_the_end() -> None:
    random = np.random.default_rng(3)
    a, b = random.binomial(1, 0.3, 80), random.binomial(1, 0.3, 80)
    order = random.permutation(80)
    assert mcnemar_trajectory(a, b)[1] == pytest.approx(mcnemar_trajectory(a[order], b[order])[1])


def test_pooled_evidence_goes_on_where_the_back_test_ended() -> None:
    log_e, weights = block_trajectory([0, 0, 1, 0], [3, 3, 3, 3], [1, 1, 0, 1])
    process = McNemarEProcess(log_weights=weights)
    assert process.log_e == pytest.approx(log_e[-1])
    process.update(0, 1)
    assert process.log_e > log_e[-1]


def test_strict_evidence_starts_at_one_and_bets_where_the_back_test_won() -> None:
    _, weights = block_trajectory([0] * 20, [3] * 20, [1, 0] * 10)
    start = strict_weights(weights)
    assert np.exp(start).sum() == pytest.approx(1)
    assert np.argmax(start) == np.argmax(weights)
    assert np.exp(start).min() >= 0.2 / len(GRID) - 1e-12


@pytest.mark.parametrize("p", [0.02, 0.18, 0.5])
@pytest.mark.parametrize("strict", [False, True], ids=["uniform", "strict"])
def test_false_promotions_under_continuous_looks(p: float, strict: bool) -> None:
    random, runs = np.random.default_rng(7), 1000
    start = strict_weights(block_trajectory([0] * 9, [2] * 9, [1] * 9)[1]) if strict else None
    crossed = 0
    for _ in range(runs):
        a, b = random.binomial(1, p, (2, 600))
        crossed += bool((mcnemar_trajectory(a, b, log_weights=start)[0] >= np.log(20)).any())
    assert crossed / runs <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / runs)


def test_a_peeked_z_test_fails_where_the_evidence_holds() -> None:
    """The negative control: what the evidence is for."""
    random, runs = np.random.default_rng(8), 1000
    a, b = random.binomial(1, 0.3, (2, runs, 30, 100)).sum(axis=3).cumsum(axis=2)
    n = 100 * np.arange(1, 31)
    p = (a + b) / (2 * n)
    z = (b - a) / np.sqrt(2 * n * p * (1 - p))
    assert (z >= 1.6449).any(axis=1).mean() > 0.2
    assert (z[:, -1] >= 1.6449).mean() < 0.08


def test_answers_taken_as_they_come_mislead() -> None:
    """Candidate's misses come late: in order of completion the null is promoted, assigned not."""
    random, runs, wrong, right = np.random.default_rng(9), 400, 0, 0
    for _ in range(runs):
        a, b = random.binomial(1, 0.2, (2, 300))
        # Pairs in which the candidate found nothing arrive late.
        late = np.where(b == 0, 200 * random.random(300), 0) + np.arange(300)
        order = np.argsort(late, kind="stable")
        wrong += bool((mcnemar_trajectory(a[order], b[order])[0] >= np.log(20)).any())
        right += bool((mcnemar_trajectory(a, b)[0] >= np.log(20)).any())
    assert wrong / runs > 0.2
    assert right / runs <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / runs)


def test_reading_by_rank_misleads_where_a_random_order_does_not() -> None:
    """Equal models whose violations sit at other ranks: the champion's at the last ones."""
    random, runs, ranks = np.random.default_rng(10), 400, np.linspace(0.5, 0.05, 30)
    by_rank = at_random = 0
    for _ in range(runs):
        pairs = [(random.random(30) < ranks[::-1], random.random(30) < ranks) for _ in range(10)]
        orders = [random.permutation(30) for _ in pairs]
        a, b = (np.concatenate([day[arm] for day in pairs]) for arm in (0, 1))
        by_rank += bool((mcnemar_trajectory(a, b)[0] >= np.log(20)).any())
        drawn = zip(pairs, orders, strict=True)
        shuffled = np.concatenate([np.array(day)[:, order] for day, order in drawn], axis=1)
        at_random += bool((mcnemar_trajectory(*shuffled)[0] >= np.log(20)).any())
    assert by_rank > at_random + 3 * np.sqrt(runs * 0.05)
    assert at_random / runs <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / runs)
