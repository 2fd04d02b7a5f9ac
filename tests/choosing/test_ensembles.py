"""Who is pooled: everybody, but those without whom the pool ranks better."""

from __future__ import annotations

import numpy as np
import pytest

from mimawari.detectors.gbdt.acceptance import Ranking
from mimawari.detectors.gbdt.rows import Rows
from mimawari.evaluation.choosing.ensembles import fit_members, useful
from mimawari.listings.listing import Listing

SELLERS, EACH = 80, 10


def rows_of(seed: int) -> tuple[Rows, np.random.Generator]:
    random = np.random.default_rng(seed)
    ware = tuple(
        Listing(id=str(i), version=1, seller_id=str(i // EACH), title="t")
        for i in range(SELLERS * EACH)
    )
    y = random.random(len(ware)) < 0.15
    return Rows(ware, y, np.ones(len(y))), random


def seeing(rows: Rows, random: np.random.Generator, signal: float) -> np.ndarray:
    return signal * rows.y + random.normal(size=len(rows.y))


def test_who_sees_something_else_stays() -> None:
    rows, random = rows_of(0)
    opinions = {name: seeing(rows, random, 2) for name in ("a", "b", "c")}
    assert useful(opinions, rows) == ("a", "b", "c")


def test_who_knows_nothing_goes() -> None:
    rows, random = rows_of(1)
    opinions = {"good": seeing(rows, random, 3), "noise": 4 * seeing(rows, random, 0)}
    assert useful(opinions, rows) == ("good",)


def test_with_few_violations_all_stay() -> None:
    rows, random = rows_of(2)
    few = Rows(rows.listings, rows.y & (np.cumsum(rows.y) <= 3), rows.weight)
    opinions = {"better": seeing(few, random, 2.5), "worse": seeing(few, random, 1.5)}
    assert useful(opinions, few) == ("better", "worse")


@pytest.mark.parametrize("seed", range(5))
def test_a_pool_is_never_far_behind_its_best_member(seed: int) -> None:
    rows, random = rows_of(10 + seed)
    margins = {
        "linear": seeing(rows, random, 3),
        "tfidf": seeing(rows, random, random.uniform(0, 3)),
        "gbdt": seeing(rows, random, 1),
        "sentences": seeing(rows, random, random.uniform(0, 3)),
    }
    margins["sentences"][:5] = np.nan
    scales = fit_members(margins, rows)
    assert "gbdt" not in scales
    pooled = np.nanmean([scales[n].log_odds(margins[n]) for n in scales], axis=0)
    assert {n: (s.slope, s.intercept) for n, s in scales.items()} == dict.fromkeys(scales, (1, 0))

    def precision(scores: np.ndarray) -> float:
        return Ranking(rows.y, np.nan_to_num(scores, nan=-99.0)).average_precision(rows.weight)

    assert precision(pooled) > max(precision(one) for one in margins.values()) - 0.02


def test_who_rises_with_no_violation_goes_whatever_its_spread() -> None:
    rows, random = rows_of(20)
    few = Rows(rows.listings, rows.y & (np.cumsum(rows.y) <= 20), rows.weight)
    margins = {name: seeing(few, random, 1) for name in ("linear", "gbdt", "sentences")}
    margins["tfidf"] = seeing(few, random, -0.5)
    assert set(fit_members(margins, few)) - {"linear", "gbdt"} == {"sentences"}


def test_where_nobody_rises_somebody_stays() -> None:
    rows, random = rows_of(21)
    few = Rows(rows.listings, rows.y & (np.cumsum(rows.y) <= 5), rows.weight)
    margins = {name: seeing(few, random, -2) for name in ("linear", "tfidf", "gbdt", "sentences")}
    assert fit_members(margins, few)


def test_a_costly_member_says_no_more_than_the_highest_there_was() -> None:
    rows, random = rows_of(22)
    margins = {name: seeing(rows, random, 2) for name in ("linear", "tfidf", "gbdt", "sentences")}
    scales = fit_members(margins, rows)
    assert scales["sentences"].highest == margins["sentences"].max()
    assert {scales[name].highest for name in scales if name != "sentences"} == {None}
