"""The bench of drift: its compiled rule is the library's, its draws are those asked for."""

from __future__ import annotations

import numpy as np
import pytest
from bench.lifecycle.drifting import kernel
from bench.lifecycle.drifting.market import BASE, EXCLUSIVE, KIND_OF, Market, moved
from scipy.stats import binom

from mimawari.evaluation.drift.detector import Detector, log_gains, made
from mimawari.evaluation.drift.reference import Reference
from mimawari.evaluation.drift.rule import Rule

WEIGHTS = np.array([0.25, 0.75])
USUAL = Reference(np.array([0.3, 0.02]), np.array([0.01, 0.1]))


def compiled(rule: Rule, hits: list[int], batches: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Let the kernel take batches that are all the same."""
    none = log_gains(np.zeros(2), rule.batch, USUAL, rule)
    one = log_gains(np.ones(2), rule.batch, USUAL, rule)
    certain = np.zeros((2, rule.batch + 1))
    certain[[0, 1], hits] = 1
    keep, other = kernel.aliases(certain)
    evidence, told = np.zeros((2, len(rule.odds))), np.zeros(2, np.int64)
    alarms = kernel.hour(
        evidence, WEIGHTS, np.ascontiguousarray(made(USUAL, rule).T, np.float64),
        np.ascontiguousarray(np.exp(one - none).T),
        np.ascontiguousarray(np.exp(none).T), keep, other, batches, rule.least_evidence, 1, told,
    )  # fmt: skip
    return evidence, told, alarms


@pytest.mark.parametrize("hits", [[30, 2], [34, 2], [50, 2], [30, 9], [10, 0]])
@pytest.mark.parametrize("batches", [1, 7, 40])
def test_the_kernel_does_what_the_library_does(hits: list[int], batches: int) -> None:
    rule = Rule(run_length=20_000)
    detector = Detector(WEIGHTS, rule)
    each = np.array([detector.step(hits, rule.batch, USUAL) for _ in range(batches)])
    evidence, told, alarms = compiled(rule, hits, batches)
    assert told.tolist() == each.sum(axis=0).tolist()
    assert alarms == each.any(axis=1).sum()
    assert evidence == pytest.approx(np.exp(detector.log_evidence).T, rel=1e-6, abs=1e-12)


def test_aliases_draw_what_is_asked_for() -> None:
    pmf = binom.pmf(np.arange(101), 100, np.array([[0.45], [0.001]]))
    keep, other = kernel.aliases(pmf)
    drawn = keep.copy()
    for s in range(2):
        np.add.at(drawn[s], other[s], 1 - keep[s])
    assert drawn / 101 == pytest.approx(pmf, abs=1e-12)


def test_shares_that_exclude_each_other_sum_to_one_before_and_after_a_move() -> None:
    shares = Market().shares(77.5)
    after = moved(shares, 0, 0.1)
    assert after[0] == pytest.approx(shares[0] + 0.1)
    for kind in EXCLUSIVE:
        assert BASE[kind == KIND_OF].sum() == pytest.approx(1)
        assert shares[kind == KIND_OF].sum() == pytest.approx(1)
        assert after[kind == KIND_OF].sum() == pytest.approx(1)
