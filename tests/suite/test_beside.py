"""Models beside the champions: scored in the same pass, and touching nothing of the rest."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mimawari.detectors.base import Detector, Example, Explanation, Span
from mimawari.detectors.calibration import Calibration
from mimawari.detectors.gbdt.detector import GbdtDetector
from mimawari.detectors.rules import RuleSet
from mimawari.detectors.suite import BesideScores, Suite, SuiteScores
from mimawari.errors import InvalidInputError
from mimawari.listings.batch import ListingBatch

CURVES = {
    "beta": Calibration("beta", beta=(1.2, 0.6, -1.0)),
    "isotonic": Calibration("isotonic", 0.9, -0.5, knots=(-2.0, 1.0), values=(0.05, 0.7)),
    "platt": Calibration("platt", 0.7, -0.3),
}


class Constant:
    """A detector of another kind, of two topics, that says the same of every listing."""

    topics, version = ("topic_000", "elsewhere"), "constant-1"

    def __init__(self, *scores: float) -> None:
        self.scores = scores

    def score(self, batch: ListingBatch) -> np.ndarray:
        if not self.scores:
            raise RuntimeError("no memory")
        return np.tile(np.array(self.scores, np.float32), (len(batch), 1))

    def explain(self, batch: ListingBatch, row: int, topic: str) -> Explanation:
        return Explanation(spans=(Span(0, 1, 1.0, "constant"),))

    def get_examples(self) -> Sequence[Example]:
        return ()


def as_version(model: GbdtDetector, version: str, **attributes: object) -> GbdtDetector:
    """Copy a model under another version, with other parts."""
    other = copy.copy(model)
    other.__dict__.update(version=version, **attributes)
    return other


@pytest.fixture(scope="module")
def shadows(models: Sequence[GbdtDetector]) -> list[GbdtDetector]:
    """Two models of the first topic, hashed each in its way, and one of the third."""
    return [
        as_version(models[1], "other-hash", topic="topic_000", _calibration=CURVES["beta"]),
        as_version(models[2], "steps", _calibration=CURVES["isotonic"]),
        as_version(models[2], "text-only", topic="topic_000", trees="", _booster=None),
    ]


def same_champions(scores: SuiteScores, expected: SuiteScores) -> bool:
    """Whether the matrices of the champions have the same bits."""
    return scores.topics == expected.topics and all(
        np.array_equal(getattr(scores, part), getattr(expected, part), equal_nan=part != "refined")
        for part in ("score", "model", "rules", "refined")
    )


def floors_at(suite: Suite, batch: ListingBatch, share: float) -> dict[str, float]:
    scores = suite.score(batch).model
    return {t: float(np.quantile(scores[:, i], share)) for i, t in enumerate(suite.topics)}


def test_a_model_beside_scores_as_it_does_as_champion(
    models: Sequence[GbdtDetector], shadows: Sequence[GbdtDetector], batch: ListingBatch
) -> None:
    scores = Suite(None, models, beside=shadows).score(batch)
    assert [b.version for b in scores.beside] == ["other-hash", "steps", "text-only"]
    assert [b.topic for b in scores.beside] == ["topic_000", "topic_002", "topic_000"]
    for beside, model in zip(scores.beside, shadows, strict=True):
        assert np.array_equal(beside.model, Suite(None, [model]).score(batch).model[:, 0])
        assert np.array_equal(beside.model, model.score(batch)[:, 0])
        assert beside.model.dtype == np.float32
        assert beside.refined.all()
    assert not scores.failures


@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
def test_floors_beside_are_by_version_and_exact(
    models: Sequence[GbdtDetector],
    shadows: Sequence[GbdtDetector],
    batch: ListingBatch,
    share: float,
) -> None:
    suite = Suite(None, models, beside=shadows)
    full = suite.score(batch)
    floors = {b.version: float(np.quantile(b.model, share)) for b in full.beside}
    scores = suite.score(batch, beside_floors=floors)
    assert same_champions(scores, full)
    for beside, whole in zip(scores.beside, full.beside, strict=True):
        floor = np.float32(floors[beside.version])
        over = whole.model >= floor
        assert np.array_equal(beside.model[over], whole.model[over])
        assert (beside.model[~over] < floor).all()
        assert beside.refined[over].all()
        assert np.array_equal(beside.model[beside.refined], whole.model[beside.refined])
        alone = next(m for m in shadows if m.version == beside.version)
        champion = Suite(None, [alone]).score(batch, {beside.topic: floors[beside.version]})
        assert np.array_equal(beside.model, champion.model[:, 0])
        assert np.array_equal(beside.refined, champion.refined[:, 0])
    assert not all(beside.refined.all() for beside in scores.beside)


def test_a_floor_of_a_champion_is_none_beside(
    models: Sequence[GbdtDetector], batch: ListingBatch
) -> None:
    suite = Suite(None, models, beside=[as_version(models[0], "same")])
    scores = suite.score(batch, dict.fromkeys(suite.topics, 1.1))
    assert not scores.refined.any()
    assert scores.beside[0].refined.all()


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_shadows_never_change_a_bit_of_the_champions(
    data: st.DataObject,
    models: Sequence[GbdtDetector],
    shadows: Sequence[GbdtDetector],
    rules: RuleSet,
    batch: ListingBatch,
) -> None:
    champions = data.draw(st.lists(st.sampled_from(models), unique_by=id))
    drawn = st.sampled_from([*shadows, *(as_version(m, f"again {m.topic}") for m in models)])
    beside: list[Detector] = list(data.draw(st.lists(drawn, unique_by=lambda m: m.version)))
    beside += data.draw(st.sampled_from([[], [Constant(0.5, np.nan)], [Constant()]]))
    first = data.draw(st.integers(0, len(batch)))
    rows = ListingBatch.of(batch.listings[first : first + data.draw(st.integers(0, 40))])
    floor = st.floats(-0.1, 1.1)
    floors = data.draw(st.dictionaries(st.sampled_from([m.topic for m in models]), floor))
    of_beside = data.draw(st.dictionaries(st.sampled_from([m.version for m in shadows]), floor))
    expected = Suite(rules, champions).score(rows, floors)
    scores = Suite(rules, champions, beside=beside).score(rows, floors, of_beside)
    assert same_champions(scores, expected)
    by_version = {b.version: b for b in scores.beside if b.topic != "elsewhere"}
    assert list(by_version) == [m.version for m in beside]
    for model in beside:
        if isinstance(model, GbdtDetector):
            wanted = model.score(rows)[:, 0]
            given_scores = by_version[model.version]
            limit = np.float32(of_beside.get(model.version, 0))
            exact = given_scores.refined | (wanted >= limit)
            assert np.array_equal(given_scores.model[exact], wanted[exact])
            assert (given_scores.model[~exact] < limit).all()


def test_failures_beside_stay_their_own(
    models: Sequence[GbdtDetector],
    shadows: Sequence[GbdtDetector],
    rules: RuleSet,
    batch: ListingBatch,
) -> None:
    class NoPrices:
        def level(self, listing: object) -> None:
            raise LookupError("no prices")

    too_high = Calibration("isotonic", knots=(0.0,), values=(7.0,))
    spoilt = as_version(
        models[0], "spoilt", text_weights=np.full_like(models[0].text_weights, np.nan)
    )
    broken: list[Detector] = [
        spoilt,
        as_version(models[0], "mute", _calibration=None),
        as_version(models[2], "no-prices", prices=NoPrices()),
        as_version(models[2], "over", _calibration=too_high),
        Constant(),
    ]
    expected = Suite(rules, models, beside=shadows).score(batch)
    scores = Suite(rules, models, beside=[*broken, *shadows]).score(batch)
    assert {version: scores.failures[version].split(":")[0] for version in scores.failures} == {
        "spoilt": "ValueError",
        "mute": "AttributeError",
        "no-prices": "LookupError",
        "over": "ValueError",
        "constant-1": "RuntimeError",
    }
    assert same_champions(scores, expected)
    for beside in scores.beside[: len(broken) + 1]:
        assert np.isnan(beside.model).all()
        assert not beside.refined.any()
    whole = scores.beside[len(broken) + 1 :]
    assert len(whole) == len(shadows)
    for beside, wanted in zip(whole, expected.beside, strict=True):
        assert np.array_equal(beside.model, wanted.model)


def test_a_listing_that_stops_all_models_leaves_the_rules(
    models: Sequence[GbdtDetector],
    rules: RuleSet,
    batch: ListingBatch,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(*_: object) -> None:
        raise TypeError("a time without a zone")

    monkeypatch.setattr("mimawari.detectors.gbdt_models.models.Facts.of", fails)
    suite = Suite(rules, models, beside=[as_version(models[0], "shadow")])
    scores = suite.score(batch)
    assert set(scores.failures) == {*(m.topic for m in models), "shadow"}
    assert np.array_equal(scores.rules, scores.score, equal_nan=True)
    assert np.isnan(scores.model).all()
    assert np.isnan(scores.beside[0].model).all()


def test_another_kind_beside_has_a_column_for_each_of_its_topics(
    models: Sequence[GbdtDetector], batch: ListingBatch
) -> None:
    suite = Suite(None, models, beside=[Constant(0.25, np.nan)])
    scores = suite.score(batch)
    assert suite.topics == tuple(model.topic for model in models)
    assert [(b.version, b.topic) for b in scores.beside] == [
        ("constant-1", "topic_000"),
        ("constant-1", "elsewhere"),
    ]
    assert (scores.beside[0].model == 0.25).all()
    assert np.isnan(scores.beside[1].model).all()


def test_explains_a_model_beside_instead_of_the_champion(
    models: Sequence[GbdtDetector], shadows: Sequence[GbdtDetector], batch: ListingBatch
) -> None:
    champion = as_version(models[0], "champion")
    suite = Suite(None, [champion], beside=[*shadows, Constant(0.5, 0.5)])
    assert suite.explain(batch, 0, "topic_000") == champion.explain(batch, 0, "topic_000")
    for version, model in (("champion", champion), ("other-hash", shadows[0])):
        expected = model.explain(batch, 0, "topic_000")
        assert expected.spans
        assert suite.explain(batch, 0, "topic_000", version) == expected
    assert suite.explain(batch, 0, "elsewhere", "constant-1").spans[0].source == "constant"
    assert suite.explain(batch, 0, "topic_001", "other-hash") == Explanation()
    with pytest.raises(InvalidInputError, match="nobody: is the version of no model"):
        suite.explain(batch, 0, "topic_000", "nobody")


def test_refused_beside(models: Sequence[GbdtDetector]) -> None:
    class Adviser(Constant):
        advises_only = True

    with pytest.raises(InvalidInputError, match="v1: is given twice beside the champions"):
        Suite(None, models, beside=[as_version(m, "v1") for m in models])
    with pytest.raises(InvalidInputError, match="topic_000: has a detector that only advises"):
        Suite(None, models, beside=[Adviser(0.5, 0.5)])


def test_version_covers_models_beside(
    models: Sequence[GbdtDetector], shadows: Sequence[GbdtDetector]
) -> None:
    suites = [
        Suite(None, models),
        Suite(None, models, beside=shadows),
        Suite(None, models, beside=shadows[:1]),
        Suite(None, [*models, as_version(models[0], "other-hash", topic="more")]),
    ]
    assert len({suite.version for suite in suites}) == len(suites)


def test_scores_beside_of_an_empty_batch(
    models: Sequence[GbdtDetector], shadows: Sequence[GbdtDetector]
) -> None:
    scores = Suite(None, models, beside=shadows).score(ListingBatch.of([]))
    assert all(isinstance(b, BesideScores) and b.model.shape == (0,) for b in scores.beside)
    assert len(scores.beside) == 3
    assert not scores.failures
