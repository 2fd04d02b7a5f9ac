"""Figures on labels that a model has not seen, against counting and where they must be 0."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from mimawari.detectors.gbdt.rows import Rows
from mimawari.evaluation.gates import MEASURES
from mimawari.evaluation.validation.unseen import Unseen, figures_of, too_few
from mimawari.listings.listing import Listing
from mimawari.records.measured import Figure

N = 600


def drawn(seed: int = 0) -> tuple[Rows, np.ndarray, np.ndarray]:
    """Draw listings, honest probabilities and the scores of a worse model."""
    random = np.random.default_rng(seed)
    honest = random.beta(0.3, 2.0, N)
    y = random.random(N) < honest
    worse = honest + random.normal(0, 0.4, N)
    listings = tuple(
        Listing(
            id=str(i),
            version=1,
            seller_id=f"s{i % 100}",
            title="t",
            language="ja" if i % 2 else "en",
        )
        for i in range(N)
    )
    return Rows(listings, y, np.ones(N)), honest, worse


def by_name(unseen: Unseen) -> dict[str, Figure]:
    figures, _ = figures_of(unseen)
    return {figure.measure: figure for figure in figures}


def unseen_of(seed: int = 0, k: int = 60) -> Unseen:
    rows, honest, worse = drawn(seed)
    return Unseen(
        rows=rows,
        model=honest,
        champion=worse,
        rules=np.full(N, np.nan),
        against="weapons-old",
        k=k,
        seen_sellers=frozenset(f"s{i}" for i in range(50)),
    )


def test_figures_are_those_of_counting() -> None:
    unseen = unseen_of()
    figures = by_name(unseen)
    y, honest, worse = unseen.rows.y, unseen.model, unseen.champion
    assert worse is not None
    assert figures["auprc"].value == pytest.approx(average_precision_score(y, honest))
    gain = average_precision_score(y, honest) - average_precision_score(y, worse)
    assert figures["auprc_gain"].value == pytest.approx(gain)
    assert figures["auprc_gain"].against == "weapons-old"
    best = np.argsort(-honest, kind="stable")[:60]
    assert figures["worth_over_rules"].value == pytest.approx(100 * y[best].sum() / 60)
    assert all(name in MEASURES for name in figures)


def test_a_better_model_is_surely_better_and_honest() -> None:
    figures = by_name(unseen_of())
    gain, calibration = figures["auprc_gain"], figures["calibration_error"]
    assert gain.low is not None
    assert gain.low > 0
    assert calibration.value < 0.05


def test_the_same_scores_gain_nothing() -> None:
    rows, honest, _ = drawn()
    same = Unseen(rows, honest, honest, np.full(N, np.nan), "weapons-old", 60)
    gain = by_name(same)["auprc_gain"]
    assert (gain.value, gain.low, gain.high) == (0, 0, 0)


def test_a_model_below_the_rules_is_worth_less_than_they() -> None:
    rows, _, _ = drawn()
    rules = np.where(rows.y, 0.9, np.nan)
    noise = np.random.default_rng(1).random(N)
    worth = by_name(Unseen(rows, noise, None, rules, "", 60))["worth_over_rules"]
    assert worth.high is not None
    assert worth.value < 0


def test_no_opinion_ranks_last_and_is_not_calibrated() -> None:
    rows, honest, worse = drawn()
    silent = honest.copy()
    silent[::3] = np.nan
    figures = by_name(Unseen(rows, silent, worse, np.full(N, np.nan), "weapons-old", 60))
    assert figures["auprc"].value < by_name(unseen_of())["auprc"].value
    assert figures["calibration_error"].over == N - len(honest[::3])


def test_a_part_where_it_finds_less_is_named() -> None:
    rows, honest, worse = drawn()
    japanese = np.array([listing.language == "ja" for listing in rows.listings])
    blind = np.where(japanese, 0.0, honest)
    seen = frozenset(f"s{i}" for i in range(50))
    unseen = Unseen(rows, blind, worse, np.full(N, np.nan), "weapons-old", 60, seen)
    figures, tables = figures_of(unseen)
    worst = next(figure for figure in figures if figure.measure == "worst_slice")
    assert worst.value < 0.5
    assert worst.statement == "language ja"
    kinds = {row[:2] for row in tables[0].rows}
    assert {("seller", "learnt from"), ("seller", "new to the model")} <= kinds


@pytest.mark.parametrize(("violations", "others", "few"), [(9, 50, True), (10, 10, False)])
def test_few_labels_judge_nobody(violations: int, others: int, few: bool) -> None:
    n = violations + others
    listings = tuple(Listing(id=str(i), version=1, seller_id="s", title="t") for i in range(n))
    rows = Rows(listings, np.arange(n) < violations, np.ones(n))
    assert bool(too_few(rows)) is few
