"""A candidate on edge cases, against a count by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product

import numpy as np
import pytest
from scipy.stats import binom

from mimawari.evaluation.gates import Stage, default_policy
from mimawari.evaluation.gates.decide import Known, Standing, check
from mimawari.evaluation.validation.edge_cases import (
    CAUGHT,
    LOST,
    SPARED,
    Cases,
    Scored,
    figures_of,
    net_lost,
)
from mimawari.records.measured import Figure


def drawn(seed: int, n: int = 60) -> Cases:
    random = np.random.default_rng(seed)
    scores = random.random((2, n))
    scores[random.random((2, n)) < 0.1] = np.nan
    return Cases(
        names=[f"L{i} v1" for i in range(n)],
        why=["disguise"] * n,
        violates=random.random(n) < 0.6,
        model=Scored(scores[0], 0.4),
        served=Scored(scores[1], 0.7),
        against="weapons-000000000001",
    )


@pytest.mark.parametrize("seed", range(5))
def test_figures_are_those_of_a_count_by_hand(seed: int) -> None:
    cases = drawn(seed)
    figures, (table,) = figures_of(cases)
    known = {figure.measure: figure for figure in figures}
    caught = spared = lost = won = 0
    for i, violates in enumerate(cases.violates):
        model = bool(cases.model.scores[i] >= 0.4)
        served = bool(cases.served.scores[i] >= 0.7)
        caught += bool(violates) and model
        spared += not violates and not model
        lost += served == violates != model
        won += served != violates == model
    assert known[CAUGHT].value == caught / cases.violates.sum()
    assert known[SPARED].value == spared / (~cases.violates).sum()
    assert (known[LOST].value, known[LOST].over) == (lost, 60)
    assert f"{won} the other way round" in known[LOST].statement
    assert len(table.rows) == lost
    assert known[LOST].against == "weapons-000000000001"


def test_a_bank_of_violations_alone_spares_nobody() -> None:
    one = Scored(np.array([0.9]), 0.5)
    cases = Cases(["L1 v1"], ["reported"], np.array([True]), one, one, "")
    assert [figure.measure for figure in figures_of(cases)[0]] == [CAUGHT, LOST]


@pytest.mark.parametrize("n", [3, 10, 25])
def test_equal_models_surely_lose_at_most_as_often_as_stated(n: int) -> None:
    """Of two models that lose as often as they win, 2.5 % or fewer are said to lose surely."""
    refused = sum(
        float(binom.pmf(lost, n, 0.5)) for lost in range(n + 1) if net_lost(lost, n - lost)[0] > 0
    )
    assert refused <= 0.025
    assert all(
        low <= high for low, high in (net_lost(a, b) for a, b in product(range(9), repeat=2))
    )


@pytest.mark.parametrize(
    ("lost", "won", "passes"), [(0, 0, True), (5, 0, True), (6, 0, False), (9, 8, True)]
)
def test_the_default_gate_refuses_what_chance_does_not_explain(
    lost: int, won: int, passes: bool
) -> None:
    low, high = net_lost(lost, won)
    figure = Figure(measure=LOST, value=float(lost), low=low, high=max(high, lost), against="")
    now = datetime(2026, 1, 1, tzinfo=UTC)
    standing = Standing(
        topic="weapons", champion="", reached={}, figures={LOST: Known(figure, now)}, now=now
    )
    (finding,) = [f for f in check(default_policy(), Stage.VALIDATED, standing) if f.gate == LOST]
    assert finding.passed == passes
