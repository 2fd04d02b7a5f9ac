"""The rule that ends a trial: outcomes, bad input, restarts, late and reversed labels."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from mimawari.errors import InvalidInputError
from mimawari.evaluation.blocks import BlockEProcess, block_trajectory
from mimawari.evaluation.futility import Futility
from mimawari.evaluation.mcnemar import McNemarEProcess
from mimawari.evaluation.split import evaluate_split
from mimawari.evaluation.trial import (
    Carry,
    Evidence,
    Outcome,
    Rule,
    Step,
    evaluate_backtest,
    evaluate_pairs,
)

RULE = Rule(200)


def pairs(
    random: np.random.Generator, n: int, p_a: float, p_b: float, a_day: int = 30
) -> list[Step]:
    a, b = random.binomial(1, p_a, n).tolist(), random.binomial(1, p_b, n).tolist()
    return [Step(i // a_day, b[i], a[i]) for i in range(n)]


def naive(
    steps: list[Step], rule: Rule, differing: float, pair: bool
) -> tuple[Outcome, int | None]:
    """Step by step as the rule is written, without dispersion."""
    smallest = rule.smallest_gain * rule.capacity / differing
    evidence, against = (McNemarEProcess() if pair else BlockEProcess()), Futility(smallest)
    days: set[int] = set()
    for i, one in enumerate(steps, start=1):
        if one.candidate is None or one.hits is None:
            break
        days.add(one.day)
        if isinstance(evidence, McNemarEProcess):
            evidence.update(one.hits, one.candidate)
        else:
            evidence.update(one.hits, one.items, one.candidate)
        against.update(one.candidate - one.hits / one.items)
        if evidence.log_e >= math.log(1 / rule.alpha) and len(days) >= rule.minimum_days:
            return Outcome.PROMOTE, i
        if against.log_f >= math.log(1 / rule.beta):
            return Outcome.REJECT, i
    return Outcome.CONTINUE, None


@pytest.mark.parametrize("seed", range(12))
def test_pairs_end_where_the_rule_as_written_ends(seed: int) -> None:
    random = np.random.default_rng(seed)
    steps = pairs(random, 400, 0.15, 0.15 + 0.03 * (seed % 4))
    rule = replace(RULE, phi_limit=math.inf)
    found = evaluate_pairs(steps, rule, 60)
    assert (found.outcome, found.at) == naive(steps, rule, 60, pair=True)


@pytest.mark.parametrize("seed", range(12))
def test_blocks_end_where_the_rule_as_written_ends(seed: int) -> None:
    random, rule = np.random.default_rng(seed), replace(RULE, phi_limit=math.inf, minimum_days=14)
    r = random.integers(1, 7, 250)
    a, y = random.binomial(r, 0.15), random.binomial(1, 0.15 + 0.04 * (seed % 4), 250)
    steps = [Step(i % 28, int(y[i]), int(a[i]), int(r[i])) for i in range(250)]
    found = evaluate_backtest(steps, rule, 60)
    assert (found.outcome, found.at) == naive(steps, rule, 60, pair=False)


def same(one: Evidence, other: Evidence) -> bool:
    return (one.outcome, one.at, one.statement) == (other.outcome, other.at, other.statement)


def test_a_decision_stands_whatever_comes_after_it() -> None:
    steps = pairs(np.random.default_rng(1), 600, 0.1, 0.3)
    whole = evaluate_pairs(steps, RULE, 60)
    assert whole.outcome == Outcome.PROMOTE
    assert whole.at is not None
    assert same(whole, evaluate_pairs(steps[: whole.at], RULE, 60))
    assert same(whole, evaluate_pairs(steps[: whole.at] + [Step(90, 0, 1)] * 500, RULE, 60))
    assert evaluate_pairs(steps[: whole.at - 1], RULE, 60).outcome == Outcome.CONTINUE


def test_an_open_label_holds_up_all_that_follow() -> None:
    steps = pairs(np.random.default_rng(2), 100, 0.1, 0.3)
    for hole in (replace(steps[40], candidate=None), replace(steps[40], hits=None)):
        found = evaluate_pairs([*steps[:40], hole, *steps[41:]], RULE, 60)
        assert found.steps == 40
        assert same(found, evaluate_pairs(steps[:40], RULE, 60))


def test_a_late_label_changes_only_its_own_step() -> None:
    steps = pairs(np.random.default_rng(2), 100, 0.15, 0.18)
    early = evaluate_pairs([*steps[:40], replace(steps[40], candidate=None), *steps[41:]], RULE, 60)
    late = evaluate_pairs(steps, RULE, 60)
    assert late.steps == 100
    assert late.log_e[:40] == pytest.approx(early.log_e)


def test_a_label_reversed_later_is_counted_as_it_now_stands() -> None:
    steps = [Step(i % 5, 1, 0) for i in range(9)]
    assert evaluate_pairs(steps, RULE, 60).outcome == Outcome.PROMOTE
    reversed_ = [*steps[:3], Step(3, 0, 0), Step(4, 0, 1), *steps[5:]]
    found = evaluate_pairs(reversed_, RULE, 60)
    assert found.outcome == Outcome.CONTINUE
    assert (found.candidate_hits, found.champion_hits) == (7, 1)


def test_missing_labels_are_the_worst_case() -> None:
    assert evaluate_pairs([Step(0, None, None, missing=True)], RULE, 60).gain == pytest.approx(-0.3)
    assert evaluate_pairs([Step(0, 1, None, missing=True)], RULE, 60).gain == 0
    block = evaluate_backtest([Step(0, None, 1, 4, missing=True)], RULE, 60)
    assert (block.candidate_hits, block.champion_hits, block.champion_items) == (0, 1, 4)


def test_days_that_come_in_any_order_count_once() -> None:
    """Clocks that go back: a day is a name, not a time."""
    found = evaluate_pairs([Step(day, 1, 0) for day in (5, 3, 5, -2, 3, 5, 3, 5)], RULE, 60)
    assert found.days == 3
    assert found.outcome == Outcome.PROMOTE


def test_a_promotion_waits_for_its_days() -> None:
    steps = [Step(0, 1, 0)] * 20
    waiting = evaluate_pairs(steps, RULE, 60)
    assert waiting.outcome == Outcome.CONTINUE
    assert "1 of at least 3 days" in waiting.statement
    lax = replace(RULE, phi_limit=math.inf)  # such days differ by more than chance, too
    assert evaluate_pairs([*steps, Step(1, 0, 0), Step(2, 0, 0)], lax, 60).at == 22


def test_no_steps() -> None:
    found = evaluate_pairs([], RULE, 60)
    assert (found.outcome, found.steps, found.days) == (Outcome.CONTINUE, 0, 0)
    assert math.isnan(found.gain)
    assert (found.low, found.high) == pytest.approx((-0.3, 0.3))
    assert evaluate_backtest([], RULE, 60, exhausted=True).outcome == Outcome.UNDECIDED


@pytest.mark.parametrize("label", [0, 1])
@pytest.mark.parametrize("items", [1, 4])
def test_labels_that_are_all_the_same_decide_nothing(label: int, items: int) -> None:
    """A topic without positives; a moderator who approves, or refuses, everything."""
    steps = [Step(i % 20, label, label * items, items) for i in range(500)]
    found = evaluate_pairs(steps, RULE, 60) if items == 1 else evaluate_backtest(steps, RULE, 60)
    assert found.outcome == Outcome.UNDECIDED
    assert found.statement.startswith("Undecided: " + ("every one" if label else "not one"))
    assert "Keep the champion" in found.statement


def test_lists_that_are_the_same_or_differ_too_little() -> None:
    same_lists = evaluate_pairs([], RULE, 0)
    assert same_lists.outcome == Outcome.REJECT
    assert "the same" in same_lists.statement
    few = evaluate_backtest([], RULE, 6)
    assert few.outcome == Outcome.REJECT
    assert "differ in 6 of 200" in few.statement
    assert evaluate_split([], RULE, 0).outcome == Outcome.REJECT


@pytest.mark.parametrize("differing", [-1, 201, math.nan])
def test_differing_outside_of_the_lists(differing: float) -> None:
    with pytest.raises(InvalidInputError, match="differing"):
        evaluate_pairs([], RULE, differing)


@pytest.mark.parametrize(
    "step", [Step(0, 2, 0), Step(0, 1, 2), Step(0, 1, -1), Step(0, 1, 0, 0), Step(0, -1, 0)]
)
def test_labels_that_cannot_be(step: Step) -> None:
    with pytest.raises(InvalidInputError, match=r"steps\[1\]"):
        evaluate_backtest([Step(0, 1, 0), step], RULE, 60)


@pytest.mark.parametrize("field", ["alpha", "beta", "smallest_gain", "capacity", "minimum_days"])
def test_every_bad_field_of_a_rule_is_named(field: str) -> None:
    with pytest.raises(InvalidInputError, match=field):
        replace(RULE, **{field: 0})


def test_carried_evidence() -> None:
    _, weights = block_trajectory([0] * 8, [3] * 8, [1, 1, 0, 1, 0, 1, 0, 0])
    steps = [Step(i % 3, 1, 0) for i in range(3)]
    values = {
        carry: evaluate_pairs(steps, RULE, 60, weights.tolist(), carry).log_e[-1] for carry in Carry
    }
    assert values[Carry.NONE] == pytest.approx(evaluate_pairs(steps, RULE, 60).log_e[-1])
    assert values[Carry.POOLED] > values[Carry.STRICT] > values[Carry.NONE]


def test_days_that_differ_more_than_chance_raise_what_is_asked() -> None:
    """One good day and bad ones: enough for 1/alpha, not with the days' spread in it."""
    good = [Step(day, 1, 0) for day in (0, 2, 4) for _ in range(9)]
    bad = [Step(day, 0, 1) for day in (1, 3, 5) for _ in range(3)]
    steps = sorted(good + bad, key=lambda one: one.day)
    strict, lax = Rule(200, minimum_days=6), Rule(200, minimum_days=6, phi_limit=math.inf)
    assert evaluate_pairs(steps, strict, 60).dispersion > 2
    assert evaluate_pairs(steps, lax, 60).outcome == Outcome.PROMOTE
    raised = evaluate_pairs(steps, strict, 60)
    assert raised.outcome == Outcome.CONTINUE
    assert "differ by more than chance" in raised.statement


def test_the_split_is_looked_at_once() -> None:
    steps = [Step(0, 1, 0)] * 40
    assert evaluate_split(steps, Rule(100), 50).outcome == Outcome.CONTINUE
    assert evaluate_split(steps, Rule(100), 50, exhausted=True).outcome == Outcome.PROMOTE
    equal = [Step(0, 1, 0), Step(0, 0, 1)] * 20
    assert evaluate_split(equal, Rule(100), 50, exhausted=True).outcome == Outcome.UNDECIDED
    ties = [Step(0, 1, 1)] * 20
    assert evaluate_split(ties, Rule(100), 50, exhausted=True).outcome == Outcome.UNDECIDED


@pytest.mark.parametrize(("gain", "outcome"), [(0.0, Outcome.PROMOTE), (0.03, Outcome.REJECT)])
def test_wrong_decisions_are_as_rare_as_promised(gain: float, outcome: Outcome) -> None:
    random, runs = np.random.default_rng(11), 250
    wrong = sum(
        evaluate_pairs(pairs(random, 600, 0.144, 0.144 + gain / 0.3), RULE, 60).outcome == outcome
        for _ in range(runs)
    )
    level = RULE.alpha if outcome == Outcome.PROMOTE else RULE.beta
    assert wrong / runs <= level + 3 * math.sqrt(level * (1 - level) / runs)
