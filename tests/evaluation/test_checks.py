"""Checks of a trial: they pass a fair one at any time, and see what is wrong."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from mimawari.errors import InvalidInputError
from mimawari.evaluation.checks import comparable, exposure, ratio_log_e, sample_ratio


def test_fair_draws_seldom_alarm_however_often_they_are_read() -> None:
    random, alarms = np.random.default_rng(1), 0
    for _ in range(300):
        ones = np.cumsum(random.random(1500) < 0.5)
        seen = range(10, 1500, 25)
        alarms += any(
            ratio_log_e([ones[n], n + 1 - ones[n]], [0.5, 0.5]) > np.log(100) for n in seen
        )
    assert alarms / 300 <= 0.01 + 3 * np.sqrt(0.01 * 0.99 / 300)


def test_evidence_expects_one_whatever_the_shares() -> None:
    total = sum(
        binom.pmf(k, 30, 0.2) * np.exp(ratio_log_e([k, 30 - k], [0.2, 0.8])) for k in range(31)
    )
    assert total == pytest.approx(1)


def test_uneven_draws_are_seen() -> None:
    found = sample_ratio([700, 300], [0.5, 0.5])
    assert not found.passed
    assert "do not trust" in found.statement
    assert sample_ratio([0, 0], [0.5, 0.5]).passed
    assert sample_ratio([100, 200, 300], [1 / 6, 2 / 6, 3 / 6]).passed


@pytest.mark.parametrize(
    ("counts", "shares", "field"),
    [
        ([1], [0.5, 0.5], "counts"),
        ([], [], "counts"),
        ([-1, 2], [0.5, 0.5], "counts"),
        ([1, 2], [0.5, 0.4], "shares"),
        ([1, 2], [0.0, 1.0], "shares"),
    ],
)
def test_bad_input_is_named(counts: list[float], shares: list[float], field: str) -> None:
    with pytest.raises(InvalidInputError, match=field):
        sample_ratio(counts, shares)


def test_exposure_sees_each_unequal_treatment() -> None:
    equal = {"ann": (50, 52), "bob": (30, 27)}
    assert all(one.passed for one in exposure((40, 44), (2, 1), equal))
    assert all(one.passed for one in exposure((0, 0), (0, 0), {}))
    waiting = exposure((10, 90), (0, 0), equal)
    missing = exposure((40, 44), (0, 30), equal)
    moderators = exposure((40, 44), (0, 0), {"ann": (80, 2), "bob": (2, 80)})
    assert [one.passed for one in waiting] == [False, True, True]
    assert [one.passed for one in missing] == [True, False, True]
    assert [one.passed for one in moderators] == [True, True, False]
    assert "ann" in moderators[2].statement


@pytest.mark.parametrize(
    ("agreed", "reviewed", "passed", "told"),
    [
        (0, 0, False, "Review 149 or more"),
        (148, 148, False, "Review 149 or more"),
        (149, 149, True, "may be compared"),
        (396, 400, False, "Do not reuse"),
        (1995, 2000, True, "may be compared"),
    ],
)
def test_labels_are_comparable_only_when_they_clearly_agree(
    agreed: int, reviewed: int, passed: bool, told: str
) -> None:
    found = comparable(agreed, reviewed)
    assert found.passed == passed
    assert told in found.statement


def test_agreement_at_the_limit_passes_seldom() -> None:
    passes = sum(
        binom.pmf(agreed, 400, 0.98) for agreed in range(401) if comparable(agreed, 400).passed
    )
    assert 0 < passes <= 0.05


def test_agreement_in_more_than_there_are() -> None:
    with pytest.raises(InvalidInputError, match="agreed"):
        comparable(5, 4)
