"""Drift of shares: the detector's definition, its false alarms, its delay, sellers, cycles."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mimawari.errors import InvalidInputError
from mimawari.evaluation.drift.detector import ERRORS, NONE, Detector
from mimawari.evaluation.drift.reference import Reference, fit
from mimawari.evaluation.drift.rule import Rule
from mimawari.evaluation.drift.streams import OTHER, Stream, choose, count, weights

SHORT = Rule(run_length=20_000)  # 200 batches, so that alarms can be counted
EVEN = np.array([0.5, 0.5])
USUAL = Reference(np.array([0.3, 0.7]), np.zeros(2))


def naive(hits: list[float], sizes: list[int], share: float, error: float, rule: Rule) -> float:
    """One stream's evidence as its definition says: a sum over all batches a bet may begin at."""
    room = rule.tolerance * math.exp(ERRORS * error)
    total = 0.0
    odds = share / (1 - share)
    for size, up in itertools.product(rule.factors, (True, False)):
        if size <= room:
            continue
        factor = size if up else 1 / size
        edge = room if up else 1 / room
        q, p = odds * factor / (1 + odds * factor), odds * edge / (1 + odds * edge)
        for begin in range(len(hits)):
            wealth = 1.0
            for x, n in zip(hits[begin:], sizes[begin:], strict=True):
                wealth *= (q / p) ** x * ((1 - q) / (1 - p)) ** (n - x)
            total += wealth
    return total / (2 * len(rule.factors))


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=8),
    st.floats(0.02, 0.98),
    st.floats(0, 0.2),
)
def test_evidence_is_the_sum_over_all_beginnings(
    batches: list[tuple[int, int]], share: float, error: float
) -> None:
    rule = Rule(run_length=10**300)  # nobody begins anew
    detector = Detector([1.0], rule)
    usual = Reference(np.array([share]), np.array([error]))
    for hit, rest in batches:
        detector.step([hit], hit + rest, usual)
    hits, sizes = [float(hit) for hit, _ in batches], [hit + rest for hit, rest in batches]
    expected = naive(hits, sizes, share, error, rule)
    assert math.exp(detector.by_stream[0]) == pytest.approx(expected, rel=1e-6)


@given(
    st.floats(0.001, 0.999),
    st.floats(0, 0.3),
    st.lists(st.floats(0, 1), min_size=1, max_size=6),
    st.floats(-1, 1),
)
def test_a_batch_multiplies_by_one_or_less_while_shares_are_tolerated(
    share: float, error: float, spread: list[float], off: float
) -> None:
    """The mean over all outcomes of sellers who count in part, exactly."""
    rule = Rule()
    room = math.log(rule.tolerance) + ERRORS * error
    odds = share / (1 - share) * math.exp(off * room)
    true = odds / (1 + odds)
    usual = Reference(np.array([share]), np.array([error]))
    # A seller counts 1 - part or 1 with a mean of the true share, or 0 or 1.
    values = [(max(0.0, true - part * true), true + part * (1 - true)) for part in spread]
    means = np.zeros(2 * len(rule.factors))
    for outcome in np.ndindex(*(2,) * len(values)):
        chance, x = 1.0, 0.0
        for (low, high), up in zip(values, outcome, strict=True):
            chance_up = (true - low) / (high - low) if high > low else 0.5
            chance *= chance_up if up else 1 - chance_up
            x += high if up else low
        detector = Detector([1.0], rule)
        detector.step([x], len(values), usual)
        means += chance * np.exp(detector.log_evidence[:, 0])
    assert (means <= 1 + 1e-9).all()


def first_alarms(share: float, rule: Rule, runs: int, seed: int, most: int) -> np.ndarray:
    """Give after how many batches each run has its first alarm; ``most`` where later."""
    random = np.random.default_rng(seed)
    found = []
    for _ in range(runs):
        detector = Detector(EVEN, rule)
        hits = random.binomial(rule.batch, share, most)
        steps = (
            i
            for i, x in enumerate(hits, 1)
            if detector.step([x, rule.batch - x], rule.batch, USUAL).any()
        )
        found.append(next(steps, most))
    return np.array(found)


def test_run_length_is_kept_at_the_edge_of_what_is_tolerated() -> None:
    odds = 0.3 / 0.7 * SHORT.tolerance
    edge = first_alarms(odds / (1 + odds), SHORT, runs=60, seed=1, most=1_000)
    assert edge.mean() >= SHORT.least_evidence


def test_run_length_is_far_longer_where_nothing_moves() -> None:
    assert first_alarms(0.3, SHORT, runs=20, seed=2, most=2_000).mean() >= 5 * SHORT.least_evidence


def test_ten_points_are_told_within_2000_listings() -> None:
    found = first_alarms(0.4, Rule(), runs=60, seed=3, most=100) * Rule().batch
    assert np.quantile(found, 0.95) <= 2_000


def test_who_is_told_begins_anew_and_others_go_on() -> None:
    detector = Detector([0.5, 0.5], SHORT)
    usual = Reference(np.array([0.3, 0.2]), np.zeros(2))
    told = np.zeros(2, np.bool_)
    while not told.any():
        told = detector.step([60, 20], 100, usual)
    assert told.tolist() == [True, False]
    assert (detector.log_evidence[:, 0] == NONE).all()
    assert (detector.log_evidence[:, 1] > NONE).all()


def test_what_was_kept_goes_on() -> None:
    one, other = Detector(EVEN, Rule()), Detector(EVEN, Rule())
    for _ in range(5):
        one.step([36, 64], 100, USUAL)
    other = Detector(EVEN, Rule(), one.log_evidence.tolist())
    one.step([36, 64], 100, USUAL)
    other.step([36, 64], 100, USUAL)
    assert np.array_equal(one.log_evidence, other.log_evidence)


def test_an_empty_batch_says_nothing() -> None:
    detector = Detector(EVEN, Rule())
    assert not detector.step([0, 0], 0, USUAL).any()
    assert detector.by_stream == pytest.approx([0.0, 0.0])


def test_sellers_who_bring_many_listings_count_once() -> None:
    """Five listings of a kind at once, counted as five, look like a change; as one they do not."""
    random, rule = np.random.default_rng(4), Rule(run_length=100_000)
    streams = (Stream("language", "ja"), Stream("language", OTHER))
    by_seller, by_listing, alarms = Detector(EVEN, rule), Detector(EVEN, rule), [0, 0]
    for _ in range(300):
        japanese = random.random(20) < 0.3
        names = [{"language": "ja" if one else "en"} for one in japanese for _ in range(5)]
        hits, n = count(names, [str(i // 5) for i in range(100)], streams)
        alarms[0] += bool(by_seller.step(hits, n, USUAL).any())
        alarms[1] += bool(by_listing.step(hits * 5, n * 5, USUAL).any())
    assert alarms[0] == 0
    assert alarms[1] >= 3


def weeks(days: int, a_day: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two weeks of a share between 22 and 38 %, by hours."""
    hours = np.arange(days * 24) + 0.5
    truth = 0.3 + 0.08 * np.cos(2 * np.pi * (hours - 3) / 24)
    hits = np.random.default_rng(seed).binomial(a_day // 24, truth)[:, None]
    return hits, np.full(len(hours), a_day // 24), hours


def test_a_daily_cycle_is_learnt_and_raises_no_alarm() -> None:
    hits, sellers, hours = weeks(16, 48_000, seed=5)
    learnt = fit(hits[: 14 * 24], sellers[: 14 * 24], hours[: 14 * 24])
    level = Reference(learnt.weights[:, 0], np.zeros(1))
    with_cycle, without, alarms = Detector([1.0], SHORT), Detector([1.0], SHORT), [0, 0]
    random = np.random.default_rng(6)
    for hour in hours[14 * 24 :]:
        truth = 0.3 + 0.08 * np.cos(2 * np.pi * (hour - 3) / 24)
        for _ in range(20):
            x = random.binomial(100, truth)
            alarms[0] += bool(with_cycle.step([x], 100, learnt.at(hour)).any())
            alarms[1] += bool(without.step([x], 100, level).any())
    assert alarms[0] == 0
    assert alarms[1] >= 10


def test_errors_of_a_reference_cover_its_truth() -> None:
    inside = []
    for seed in range(40):
        hits, sellers, hours = weeks(14, 2_400, seed)
        for hour in (339.0, 345.0, 351.0):
            usual = fit(hits, sellers, hours).at(hour)
            truth = 0.3 + 0.08 * np.cos(2 * np.pi * (hour - 3) / 24)
            off = math.log(truth / (1 - truth)) - math.log(usual.share[0] / (1 - usual.share[0]))
            inside.append(abs(off) <= 2 * usual.error[0])
    assert 0.9 <= np.mean(inside) <= 1


def test_little_history_bets_on_nothing() -> None:
    usual = fit([[3]], [10], [0.5]).at(1.0)
    detector = Detector([1.0], Rule())
    detector.step([10], 10, usual)
    assert detector.by_stream[0] == pytest.approx(NONE)


def test_what_is_left_out_is_not_told_and_keeps_no_other_from_it() -> None:
    detector, usual = Detector(EVEN, Rule()), USUAL.without([True, False])
    for _ in range(20):
        told = detector.step([45, 55], 100, usual)
        assert not told[0]
    assert (detector.log_evidence[:, 0] == NONE).all()
    detector = Detector(EVEN, Rule())
    assert any(detector.step([45, 55], 100, usual)[1] for _ in range(20))


def test_nobody_counted_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="sellers"):
        fit([[0]], [0], [0.5])


@pytest.mark.parametrize("hits", [[math.nan, 1], [-1, 1], [101, 0], [math.inf, 0]])
def test_counts_that_cannot_be_are_refused_and_nothing_is_taken(hits: list[float]) -> None:
    detector = Detector(EVEN, Rule())
    with pytest.raises(InvalidInputError, match="hits"):
        detector.step(hits, 100, USUAL)
    assert (detector.log_evidence == NONE).all()
    with pytest.raises(InvalidInputError, match="hits"):
        fit([hits], [100], [0.5])


def test_evidence_of_other_streams_is_refused() -> None:
    kept = Detector(EVEN, Rule()).log_evidence
    with pytest.raises(InvalidInputError, match="log_evidence"):
        Detector([1.0], Rule(), kept)
    with pytest.raises(InvalidInputError, match="log_evidence"):
        Detector(EVEN, Rule(), kept * math.nan)
    with pytest.raises(InvalidInputError, match="weights"):
        Detector([0.5, 0.6], Rule())


def test_rules_out_of_range_are_refused_together() -> None:
    with pytest.raises(InvalidInputError) as refused:
        Rule(run_length=10, batch=100, tolerance=0.5, factors=())
    assert {problem.field for problem in refused.value.problems} == {
        "run_length", "tolerance", "factors",
    }  # fmt: skip


def test_rare_names_are_watched_together_and_kinds_weigh_the_same() -> None:
    names = [{"language": "ja", "price": str(i % 2)} for i in range(500)] + [
        {"language": "eo", "price": "1"}
    ]
    streams = choose(names)
    assert [s.name for s in streams] == ["ja", OTHER, "0", "1", OTHER]
    hits, sellers = count(names, [str(i) for i in range(501)], streams)
    assert hits.tolist() == [500, 1, 250, 251, 0]
    assert sellers == 501
    assert weights(streams).sum() == pytest.approx(1)
    assert weights(streams)[:2].sum() == pytest.approx(0.5)
