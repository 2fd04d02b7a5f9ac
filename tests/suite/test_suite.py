from __future__ import annotations

import copy
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from mimawari.detectors.base import Example, Explanation
from mimawari.detectors.gbdt.detector import GbdtDetector
from mimawari.detectors.rules import RuleSet
from mimawari.detectors.suite import Suite
from mimawari.errors import InvalidInputError
from mimawari.listings.batch import ListingBatch
from mimawari.listings.listing import Listing

HIDDEN = Listing(id="g", version=1, seller_id="s", title="Glock 19 p-i-s-t-o-l 9mm")


class Broken:
    """A detector that does what detectors of others might do."""

    topics, version = ("broken",), "broken-1"

    def __init__(self, scores: Callable[[int], object]) -> None:
        self.scores = scores

    def score(self, batch: ListingBatch) -> np.ndarray:
        return self.scores(len(batch))  # type: ignore[return-value]

    def explain(self, batch: ListingBatch, row: int, topic: str) -> Explanation:
        return Explanation()

    def get_examples(self) -> Sequence[Example]:
        return ()


def changed(model: GbdtDetector, **attributes: object) -> GbdtDetector:
    """Copy a model with other parts."""
    other = copy.copy(model)
    other.__dict__.update(attributes)
    return other


def raises(n: int) -> None:
    raise RuntimeError("no memory")


def test_gbdt_scores_equal_each_model_alone(
    models: Sequence[GbdtDetector], batch: ListingBatch
) -> None:
    found = Suite(None, models).score(batch)
    assert found.topics == ("topic_000", "topic_001", "topic_002")
    assert all(m.trees for m in models)
    for column, model in enumerate(models):
        assert np.array_equal(found.model[:, column], model.score(batch)[:, 0])
    assert np.array_equal(found.score, found.model)
    assert found.refined.all()
    assert not found.failures


@pytest.mark.parametrize("size", [1, 7])
def test_scores_do_not_depend_on_the_batch(
    models: Sequence[GbdtDetector], rules: RuleSet, batch: ListingBatch, size: int
) -> None:
    suite = Suite(rules, models)
    listings = (*batch.listings[:20], HIDDEN)
    whole = suite.score(ListingBatch.of(listings)).score
    parts = [
        suite.score(ListingBatch.of(listings[i : i + size])).score
        for i in range(0, len(listings), size)
    ]
    assert np.array_equal(np.concatenate(parts), whole, equal_nan=True)


def test_cascade_is_exact_over_the_floor(
    models: Sequence[GbdtDetector], batch: ListingBatch
) -> None:
    suite = Suite(None, models)
    full = suite.score(batch).score
    for share in (0.5, 0.9, 0.99):
        floors = {t: float(np.quantile(full[:, i], share)) for i, t in enumerate(suite.topics)}
        found = suite.score(batch, floors)
        floor = np.array([floors[t] for t in suite.topics], np.float32)
        over = full >= floor
        assert np.array_equal(found.score[over], full[over])
        assert (found.score[~over] < np.broadcast_to(floor, full.shape)[~over]).all()
        assert np.array_equal(found.score[found.refined], full[found.refined])
        assert found.refined[over].all()
    assert not found.refined.all()


def test_floor_out_of_reach_skips_and_floor_zero_does_not(
    models: Sequence[GbdtDetector], batch: ListingBatch
) -> None:
    suite = Suite(None, models)
    assert not suite.score(batch, dict.fromkeys(suite.topics, 1.1)).refined.any()
    for nothing in (0.0, -np.inf, np.nan):
        assert suite.score(batch, dict.fromkeys(suite.topics, nothing)).refined.all()
    some = suite.score(batch, {"topic_001": 1.1})
    assert some.refined.mean(axis=0).tolist() == [1, 0, 1]


def test_rules_only_and_merge(
    models: Sequence[GbdtDetector], rules: RuleSet, batch: ListingBatch
) -> None:
    listings = ListingBatch.of((HIDDEN, *batch.listings[:30]))
    alone, both = Suite(rules).score(listings), Suite(rules, models).score(listings)
    assert alone.topics == ("counterfeit", "weapons")
    assert np.isnan(alone.model).all()
    assert alone.score[0, 1] == alone.rules[0, 1] > 0
    assert alone.hits.of(0) == ("weapons/firearm",)
    assert np.isnan(alone.score[1:]).all()
    columns = [both.topics.index(t) for t in alone.topics]
    assert np.array_equal(both.score[:, columns], alone.score, equal_nan=True)


def test_rule_lifts_a_low_model_and_never_lowers(
    models: Sequence[GbdtDetector], rules: RuleSet, batch: ListingBatch
) -> None:
    low_weapons = changed(models[0], topic="weapons")
    listings = ListingBatch.of((HIDDEN, *batch.listings))
    found = Suite(rules, [low_weapons]).score(listings)
    column = found.topics.index("weapons")
    assert found.score[0, column] == max(found.model[0, column], found.rules[0, column])
    assert np.array_equal(found.score[1:, column], found.model[1:, column])


@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        (raises, "RuntimeError: no memory"),
        (lambda n: np.zeros((n + 1, 1)), "shape"),
        (lambda n: np.zeros((n, 2)), "shape"),
        (lambda n: np.full((n, 1), np.inf), "outside of 0 to 1"),
        (lambda n: np.full((n, 1), -0.5), "outside of 0 to 1"),
        (lambda n: "words", "ValueError"),
    ],
)
def test_broken_model_stops_nobody(
    models: Sequence[GbdtDetector],
    rules: RuleSet,
    batch: ListingBatch,
    scores: Callable[[int], object],
    reason: str,
) -> None:
    listings = ListingBatch.of((HIDDEN, *batch.listings[:20]))
    expected = Suite(rules, models).score(listings)
    found = Suite(rules, [Broken(scores), *models]).score(listings)
    assert reason in found.failures["broken"]
    column = found.topics.index("broken")
    assert np.isnan(found.score[:, column]).all()
    rest = [i for i in range(len(found.topics)) if i != column]
    assert np.array_equal(found.score[:, rest], expected.score, equal_nan=True)


def test_gbdt_that_fails_inside_stops_nobody(
    models: Sequence[GbdtDetector], batch: ListingBatch
) -> None:
    weights = np.full_like(models[0].text_weights, np.nan)
    spoilt = changed(models[0], topic="spoilt", text_weights=weights)
    mute = changed(models[2], topic="mute", _calibration=None)
    found = Suite(None, [spoilt, mute, *models]).score(batch)
    assert "not a number" in found.failures["spoilt"]
    assert "AttributeError" in found.failures["mute"]
    expected = Suite(None, models).score(batch)
    columns = [found.topics.index(t) for t in expected.topics]
    assert np.array_equal(found.score[:, columns], expected.score)
    assert np.isnan(found.score[:, [found.topics.index(t) for t in ("spoilt", "mute")]]).all()


def test_another_detector_of_the_protocol_joins(
    models: Sequence[GbdtDetector], batch: ListingBatch
) -> None:
    found = Suite(None, [Broken(lambda n: np.full((n, 1), 0.25)), *models]).score(batch)
    assert (found.score[:, 0] == 0.25).all()
    assert not found.failures


def test_missing_prices_and_times_score_as_alone(models: Sequence[GbdtDetector]) -> None:
    bare = [Listing(id=str(i), version=1, seller_id="s", title="x" * i) for i in range(3)]
    priced = [
        Listing(id="p", version=1, seller_id="s", title="t", price_minor=p, currency=c, category=k)
        for p, c, k in ((0, "JPY", ()), (10**12, "JPY", ("section 1",)), (5, "EUR", ("new",)))
    ]
    batch = ListingBatch.of([*bare, *priced])
    found = Suite(None, models).score(batch)
    for column, model in enumerate(models):
        assert np.array_equal(found.model[:, column], model.score(batch)[:, 0])


def test_explains_with_rules_and_model(models: Sequence[GbdtDetector], rules: RuleSet) -> None:
    weapons = changed(models[0], topic="weapons")
    suite, batch = Suite(rules, [weapons]), ListingBatch.of([HIDDEN])
    told = suite.explain(batch, 0, "weapons")
    assert told.rules == ("weapons/firearm",)
    shown = {HIDDEN.text[s.start : s.end] for s in told.spans if s.source == "weapons/firearm"}
    assert "p-i-s-t-o-l" in shown
    assert told.features
    assert suite.explain(batch, 0, "unknown") == Explanation()


def test_arrays_are_shared_with_a_suite_of_the_same_models_only(
    models: Sequence[GbdtDetector], rules: RuleSet, batch: ListingBatch
) -> None:
    first = Suite(None, models)
    again = Suite(rules, models, before=first)
    assert again._gbdt_models is first._gbdt_models
    np.testing.assert_array_equal(again.score(batch).model, Suite(rules, models).score(batch).model)
    for others in (models[:2], [models[1], models[0], models[2]]):
        suite = Suite(None, others, before=first)
        assert suite._gbdt_models is not first._gbdt_models
        assert suite._gbdt_models.models == tuple(others)
        expected = Suite(None, others).score(batch).model
        np.testing.assert_array_equal(suite.score(batch).model, expected)


def test_two_models_of_a_topic_are_refused(models: Sequence[GbdtDetector]) -> None:
    with pytest.raises(InvalidInputError, match="topic_000: has two models"):
        Suite(None, [models[0], models[0]])


def test_version_follows_rules_and_models(models: Sequence[GbdtDetector], rules: RuleSet) -> None:
    suites = [Suite(None), Suite(rules), Suite(rules, [Broken(raises)])]
    assert len({s.version for s in suites}) == 3
    assert Suite(rules).version == Suite(rules, generation=7).version


def test_empty_batch(models: Sequence[GbdtDetector], rules: RuleSet) -> None:
    found = Suite(rules, models).score(ListingBatch.of([]))
    assert found.score.shape == found.refined.shape == (0, 5)
    assert not found.failures
