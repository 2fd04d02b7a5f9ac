"""What `bench elsewhere` calls above, below and neither."""

from __future__ import annotations

import numpy as np
import pytest
from bench.beside_tfidf import (
    FLOOR,
    RULES,
    InFolds,
    differences,
    rules_by_other_sets,
    verdicts,
)
from bench.elsewhere import settings_of
from bench.markets import fewer
from sklearn.metrics import average_precision_score

from mimawari.detectors.gbdt.folds import grouped_folds
from mimawari.detectors.gbdt.rows import Rows
from mimawari.listings.listing import Listing

N = 600


@pytest.fixture
def rows() -> Rows:
    random = np.random.default_rng(0)
    ware = tuple(Listing(id=str(i), version=1, seller_id=f"s{i // 6}", title="t") for i in range(N))
    return Rows(ware, random.random(N) < 0.2, np.ones(N))


def test_a_fold_is_measured_by_itself(rows: Rows) -> None:
    random = np.random.default_rng(1)
    folds = [held for _, held in grouped_folds(rows.y, rows.groups)]
    scores = rows.y + random.normal(size=N)
    expected = np.mean([average_precision_score(rows.y[h], scores[h]) for h in folds])
    apart = scores.copy()
    apart[folds[0]] = 7 * apart[folds[0]] - 100  # another scale in one fold changes nothing
    for some in (scores, apart):
        assert InFolds(rows, some, folds).average_precision(rows.weight) == pytest.approx(expected)


def test_differences_are_paired_and_counted(rows: Rows) -> None:
    random = np.random.default_rng(2)
    noise, folds = random.normal(size=N), [np.arange(N)]
    scores = {
        FLOOR: rows.y + noise,
        "better": 2 * rows.y + noise,
        "same": rows.y + noise,
        "worse": noise,
    }
    found = differences(rows, scores, folds)
    assert found["minus_tfidf_lr"]["same"] == [0, 0, 0]
    told = verdicts([found, found])
    kinds = ("better", "same", "worse")
    assert [[told[k][v] for v in ("wins", "ties", "losses")] for k in kinds] == [
        [2, 0, 0],
        [0, 2, 0],
        [0, 0, 2],
    ]


def test_a_rule_is_chosen_by_the_other_sets() -> None:
    def topic(**gains: float) -> dict[str, dict[str, list[float]]]:
        return {"minus_tfidf_lr": {rule: [gains.get(rule, 0.0)] for rule in RULES}}

    sets = {
        "a": {"first": topic(auto=0.5), "second": topic(auto=0.1)},
        "b": {"first": topic(best=0.2, simplest=0.1)},
        "not measured by all rules": {"first": {"minus_tfidf_lr": {"auto": [9.0]}}},
    }
    none = dict.fromkeys(RULES, 0.0)
    assert rules_by_other_sets(sets) == {
        "a": {**none, "rule": "best", "auto": 0.3},
        "b": {**none, "rule": "auto", "best": 0.2, "simplest": 0.1},
    }


def test_the_judging_set_is_unknown_to_the_choice() -> None:
    assert settings_of("davidson_offensive").public_without == ("davidson_offensive",)
    both = settings_of("composite_listings_v1").public_without
    assert set(both) == {"agora_2014_listings", "composite_listings_v1"}


def test_thinning_keeps_violations_first(rows: Rows) -> None:
    few = fewer(rows, 400)
    assert len(few.y) == 400
    assert few.y.sum() == min(100, rows.y.sum())
    assert fewer(rows, N) is rows
    rare = Rows(rows.listings, np.arange(N) < 20, rows.weight)
    assert fewer(rare, 100).y.sum() == 20
