"""What `bench pooling` pools, and what it calls far below the best member."""

from __future__ import annotations

import numpy as np
import pytest
from bench.kept_margins import MEMBERS, Kept
from bench.pooling import RULES, best_by_other_sets, cross_fitted, measured, summary
from sklearn.metrics import average_precision_score

from mimawari.detectors.gbdt.folds import grouped_folds

N = 500


@pytest.fixture
def topic() -> Kept:
    """Members that see alike, whose folds' models speak in other units."""
    random = np.random.default_rng(0)
    y, groups = random.random(N) < 0.2, (np.arange(N) // 5).astype(str)
    fold = np.empty(N, np.int64)
    for number, (_, held) in enumerate(grouped_folds(y, groups)):
        fold[held] = number
    backgrounds = {n: np.column_stack((random.normal(0, 5, 5), [1, 4, 0.1, 9, 2])) for n in MEMBERS}
    deviations = {name: 2 * y + random.normal(size=N) for name in MEMBERS}
    return Kept("set", "topic", y, groups, np.ones(N), fold, deviations, backgrounds)


def test_margins_are_those_that_gave_the_deviations(topic: Kept) -> None:
    for _, held in topic.folds:
        mean, spread = topic.backgrounds["tfidf"][topic.fold[held[0]]]
        again = (topic.margins("tfidf")[held] - mean) / spread
        assert again == pytest.approx(topic.deviations["tfidf"][held])


def test_equal_weights_are_the_plain_mean(topic: Kept) -> None:
    plain = np.mean(list(topic.deviations.values()), axis=0)
    assert RULES["equal"](topic) == pytest.approx(plain)


def test_slopes_are_weights_that_add_up_to_one(topic: Kept) -> None:
    same = dict.fromkeys(MEMBERS, topic.deviations["linear"])
    pooled = cross_fitted(same, topic, lines=True, slopes_alone=True)
    assert pooled == pytest.approx(topic.deviations["linear"])


def test_both_measures_are_those_of_scikit_learn(topic: Kept) -> None:
    scores = topic.deviations["linear"]
    each = [average_precision_score(topic.y[h], scores[h]) for _, h in topic.folds]
    expected = average_precision_score(topic.y, scores), np.mean(each)
    assert measured(topic, scores) == pytest.approx(expected)


def test_other_units_hurt_over_all_folds_alone(topic: Kept) -> None:
    as_given, deviations = (
        measured(topic, some) for some in (topic.margins("linear"), topic.deviations["linear"])
    )
    assert as_given[1] == pytest.approx(deviations[1])
    assert as_given[0] < deviations[0]


def test_topics_are_counted_and_rules_chosen_by_other_sets() -> None:
    def row(source: str, good: str) -> dict:
        auprc = {rule: [0.5, 0.5] for rule in RULES} | {"log_odds": [0.47, 0.49], good: [0.6, 0.6]}
        return {"set": source, "auprc": auprc}

    topics = [row("a", "slopes"), row("b", "equal"), row("b", "equal")]
    assert summary(topics)["log_odds"]["far_below_best_member"] == [3, 0]
    assert best_by_other_sets(topics) == {"a": "equal", "b": "slopes"}
