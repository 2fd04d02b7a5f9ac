"""Intervals of shares, calibration and slices: oracles, coverage by simulation, edges."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from scipy.stats import binom, norm
from statsmodels.stats.proportion import proportion_confint

from mimawari.evaluation.intervals import beta_binomial_sequence, recall_interval, wilson
from mimawari.evaluation.precision import recall_at_k
from mimawari.evaluation.reliability import bin_of, reliability
from mimawari.evaluation.slices import by_slice, slice_names
from mimawari.listings.listing import Listing


@pytest.mark.parametrize(("hits", "n"), [(0, 5), (5, 5), (3, 17), (60, 200), (1, 1)])
def test_wilson_equals_statsmodels(hits: int, n: int) -> None:
    told = wilson(hits, n)
    low, high = proportion_confint(hits, n, method="wilson")
    assert (told.low, told.high) == (pytest.approx(low, abs=1e-12), pytest.approx(high))


@pytest.mark.parametrize("p", [0.05, 0.3, 0.7])
def test_wilson_covers_near_the_level(p: float) -> None:
    n = 200
    covered = sum(
        binom.pmf(k, n, p) for k in range(n + 1) if wilson(k, n).low <= p <= wilson(k, n).high
    )
    assert 0.93 < covered < 0.98


@pytest.mark.parametrize("p", [0.02, 0.3])
def test_the_sequence_holds_at_all_times_where_wilson_does_not(p: float) -> None:
    rng = np.random.default_rng(1)
    runs, n = 400, 600
    hits = np.cumsum(rng.random((runs, n)) < p, axis=1)
    looks = range(9, n, 10)
    always = sum(
        any(not _holds(beta_binomial_sequence(int(h[i]), i + 1), p) for i in looks) for h in hits
    )
    once = sum(any(not _holds(wilson(int(h[i]), i + 1), p) for i in looks) for h in hits)
    assert always / runs <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / runs)
    assert once / runs > 0.15, "the negative control: looked at often, wilson is left"


def _holds(told: object, p: float) -> bool:
    return told.low <= p <= told.high  # type: ignore[attr-defined]


@pytest.mark.parametrize(("hits", "n"), [(0, 1), (1, 1), (0, 400), (400, 400), (7, 30)])
def test_the_sequence_equals_a_search_over_a_grid(hits: int, n: int) -> None:
    grid = np.linspace(1e-6, 1 - 1e-6, 200_001)
    from scipy.special import betaln

    log_e = betaln(1 + hits, 1 + n - hits) - hits * np.log(grid) - (n - hits) * np.log1p(-grid)
    inside = grid[log_e < math.log(20)]
    told = beta_binomial_sequence(hits, n)
    assert told.low == pytest.approx(inside[0], abs=1e-5)
    assert told.high == pytest.approx(inside[-1], abs=1e-5)


def test_no_trial_leaves_all_open() -> None:
    for told in (wilson(0, 0), beta_binomial_sequence(0, 0)):
        assert (told.low, told.high) == (0.0, 1.0)


def test_recall_by_sellers_is_wider_than_by_rows() -> None:
    rng = np.random.default_rng(2)
    sellers = np.repeat(np.arange(40), 25)
    y = (rng.random(40)[sellers] < 0.3).astype(np.int8)
    scores = rng.random(1000) + 0.3 * y * rng.random(40)[sellers]
    keys = [f"L{i}" for i in range(1000)]
    by_seller = recall_interval(scores, y, 200, keys, [str(s) for s in sellers], 0, 200)
    by_row = recall_interval(scores, y, 200, keys, keys, 0, 200)
    assert by_seller.value == recall_at_k(scores, y, 200, keys)
    assert by_seller.high - by_seller.low > by_row.high - by_row.low


def test_calibrated_scores_pass_and_inflated_ones_do_not() -> None:
    rng = np.random.default_rng(3)
    scores = rng.random(4_000)
    y = (rng.random(4_000) < scores).astype(np.int8)
    groups = [str(i % 500) for i in range(4_000)]
    good = reliability(scores, y, groups, draws=100)
    assert good.error.value < 0.03
    assert sum(b.rate.low <= b.score <= b.rate.high for b in good.bins) >= 8
    bad = reliability(np.sqrt(scores), y, groups, draws=100)
    assert bad.error.low > good.error.high
    assert bad.brier.value > good.brier.value


def test_reliability_by_hand_and_without_anything_known() -> None:
    scores = np.array([0.1, 0.1, 0.9, 0.9, np.nan, 0.5])
    y = np.array([0, 1, 1, 1, 1, -1], np.int8)
    told = reliability(scores, y, list("abcdef"), bins=2)
    assert [(b.n, b.rate.value) for b in told.bins] == [(2, 0.5), (2, 1.0)]
    assert told.error.value == pytest.approx((2 * 0.4 + 2 * 0.1) / 4)
    assert told.brier.value == pytest.approx((0.01 + 0.81 + 0.01 + 0.01) / 4)
    empty = reliability(np.array([np.nan]), np.array([1], np.int8), ["a"])
    assert empty.bins == ()
    assert math.isnan(empty.error.value)


def test_bins_of_constant_scores_are_one() -> None:
    assert bin_of(np.full(9, 0.3), 10).tolist() == [0] * 9
    assert np.bincount(bin_of(np.arange(100) / 100, 10)).tolist() == [10] * 10


def listing(**more: object) -> Listing:
    return Listing(id="1", version=1, seller_id="s", title="a cup", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("minor", "band"), [(0, "USD 0 to 0"), (9, "USD 1 to 9"), (1000, "USD 1000 to 9999")]
)
def test_price_bands(minor: int, band: str) -> None:
    assert slice_names(listing(price_minor=minor, currency="USD"))["price"] == band


@pytest.mark.parametrize(
    ("days", "name"),
    [(0, "under a week"), (7, "under a month"), (364, "under a year"), (365, "a year or more")],
)
def test_seller_ages(days: int, name: str) -> None:
    now = datetime(2026, 5, 1, tzinfo=UTC)
    one = listing(seller_created_at=now - timedelta(days=days))
    assert slice_names(one, now)["seller_age"] == name
    assert slice_names(one)["seller_age"] == "unknown", "no time of the listing is known"


def test_slices_that_are_alike_rarely_differ() -> None:
    rng = np.random.default_rng(4)
    false = 0
    for _ in range(200):
        names = [{"language": str(i % 20)} for i in range(2_000)]
        labels = (rng.random(2_000) < 0.3).astype(int).tolist()
        false += any(one.differs for one in by_slice(names, labels))
    assert false / 200 <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 200)


def test_small_slices_and_unknown_labels_are_left_out() -> None:
    names = [{"language": "en"}] * 30 + [{"language": "ja"}] * 19 + [{"language": "fr"}] * 50
    labels = [1] * 30 + [0] * 19 + [-1] * 50
    told = by_slice(names, labels)
    assert [(one.name, one.n) for one in told] == [("en", 30)]
    assert by_slice([], []) == []
    z = norm.ppf(0.975)  # one slice: its level is the table's
    assert told[0].precision.low == pytest.approx(30 / (30 + z * z))
