from __future__ import annotations

import lightgbm
import numpy as np
import pytest

from mimawari.detectors.gbdt.forest import Forest
from mimawari.errors import InvalidInputError


def grown(
    rounds: int, missing: bool = False, **settings: object
) -> tuple[lightgbm.Booster, np.ndarray]:
    random = np.random.default_rng(rounds)
    x = random.normal(size=(600, 5)).astype(np.float32)
    x[:, 3] = random.integers(0, 4, 600)
    if missing:
        x[random.random(x.shape) < 0.2] = np.nan
    y = (np.nan_to_num(x[:, 0] * x[:, 1] + x[:, 3]) + random.normal(size=600) > 1).astype(float)
    told = {"objective": "binary", "num_leaves": 8, "verbosity": -1, "num_threads": 1, **settings}
    return lightgbm.train(told, lightgbm.Dataset(x, y), num_boost_round=rounds), x


@pytest.mark.parametrize("rounds", [1, 3, 60])
@pytest.mark.parametrize("missing", [False, True])
def test_sums_equal_lightgbm(rounds: int, missing: bool) -> None:
    booster, x = grown(rounds, missing)
    forest = Forest.parse(booster.model_to_string())
    found = forest.predict(x)
    assert np.array_equal(found, booster.predict(x, raw_score=True))
    for known in range(5):
        bound = forest.bound(known)
        assert missing or (found <= bound.of(x[:, known]) + 1e-9).all()
    # What training never saw: values between and beyond its own, and missing ones.
    new = np.random.default_rng(9).normal(0, 3, (500, 5)).astype(np.float32)
    new[::7, 1] = np.nan
    assert np.array_equal(forest.predict(new), booster.predict(new, raw_score=True))


def test_deep_and_single_leaf_trees() -> None:
    booster, x = grown(20, num_leaves=64, min_data_in_leaf=1)
    forest = Forest.parse(booster.model_to_string())
    assert np.array_equal(forest.predict(x), booster.predict(x, raw_score=True))
    stump, x = grown(2, min_data_in_leaf=600)
    forest = Forest.parse(stump.model_to_string())
    assert np.array_equal(forest.predict(x), stump.predict(x, raw_score=True))


def test_no_trees_add_nothing() -> None:
    forest = Forest.parse("")
    assert (forest.bound(2).of(np.ones(3, np.float32)) == 0).all()
    assert (forest.predict(np.ones((3, 5), np.float32)) == 0).all()


@pytest.mark.parametrize("known", [0, 1])
def test_bound_is_tight_where_the_feature_decides_alone(known: int) -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=(500, 2))
    data = lightgbm.Dataset(x, (x[:, 0] > random.normal(size=500)).astype(float))
    told = {
        "objective": "binary",
        "verbosity": -1,
        "num_threads": 1,
        "interaction_constraints": [[0], [1]],
    }
    booster = lightgbm.train(told, data, num_boost_round=20)
    forest = Forest.parse(booster.model_to_string())
    found = forest.predict(x.astype(np.float32))
    bound = forest.bound(known).of(x[:, known].astype(np.float32))
    assert (found <= bound + 1e-9).all()
    other = np.linspace(-4, 4, 4000)
    for row in range(20):
        swept = np.empty((len(other), 2), np.float32)
        swept[:, known], swept[:, 1 - known] = x[row, known], other
        assert forest.predict(swept).max() <= bound[row] + 1e-9


@pytest.mark.parametrize(
    "settings",
    [
        {"linear_tree": True},
        {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.5},
        {"zero_as_missing": True},
    ],
)
def test_refuses_trees_of_other_kinds(settings: dict[str, object]) -> None:
    booster, _ = grown(5, **settings)
    with pytest.raises(InvalidInputError, match=r"model\.txt"):
        Forest.parse(booster.model_to_string())


def test_refuses_categories() -> None:
    random = np.random.default_rng(0)
    x = random.integers(0, 6, (500, 1))
    data = lightgbm.Dataset(x, np.isin(x[:, 0], (1, 4)).astype(float), categorical_feature=[0])
    booster = lightgbm.train(
        {"objective": "binary", "verbosity": -1, "num_threads": 1}, data, num_boost_round=3
    )
    with pytest.raises(InvalidInputError, match="categorical"):
        Forest.parse(booster.model_to_string())
