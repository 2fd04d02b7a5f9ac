"""The text score's choice of its own settings, and TF-IDF beside scikit-learn's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression
from tests.gbdt.test_gbdt_model import TOPIC, stream

from mimawari.detectors.gbdt.artifact import load, save
from mimawari.detectors.gbdt.choice import (
    CANDIDATES,
    FIRST,
    MOST_POSITIVES,
    MOST_ROWS,
    Gain,
    Prior,
    PublicTopic,
    choose,
    few_rows,
    measure,
    prior_of,
    public_topics,
    shrunk,
)
from mimawari.detectors.gbdt.detector import GbdtDetector
from mimawari.detectors.gbdt.linear import (
    TFIDF,
    TextSettings,
    fit_columns,
    length_scale,
    margins_of,
    matrix,
)
from mimawari.detectors.gbdt.rows import Rows, collect
from mimawari.detectors.gbdt.training import Settings, train
from mimawari.detectors.ngrams import NgramSpec
from mimawari.errors import InvalidInputError
from mimawari.listings.batch import ListingBatch

SPEC = NgramSpec(bits=14)


@pytest.fixture(scope="module")
def rows() -> Rows:
    return collect(stream())


def arrays(rows: Rows) -> tuple[csr_matrix, np.ndarray]:
    texts = ListingBatch.of(rows.listings).texts
    return matrix(texts, SPEC), length_scale(texts)


def test_tfidf_is_scikit_learns(rows: Rows) -> None:
    x, scale = arrays(rows)
    half = np.arange(len(rows.y)) % 2 == 0
    fitted = fit_columns(x[half], scale[half], rows.y[half], rows.weight[half], SPEC.words, TFIDF)
    parts = (slice(0, SPEC.words), slice(SPEC.words, None))
    # An n-gram that was never seen is in no vocabulary.
    known = [p.start + np.flatnonzero(x[half][:, p].getnnz(axis=0)) for p in parts]
    models = [TfidfTransformer().fit(x[half][:, columns]) for columns in known]
    inside, outside = (
        hstack([m.transform(x[part][:, c]) for m, c in zip(models, known, strict=True)]).tocsr()
        for part in (half, ~half)
    )
    told = LogisticRegression(C=10, solver="liblinear", class_weight="balanced", random_state=0)
    expected = told.fit(inside, rows.y[half]).decision_function(outside)
    assert margins_of(x[~half], scale[~half], *fitted)[:, 2] == pytest.approx(expected, abs=1e-4)


def test_a_model_of_norms_is_stored_and_explained(rows: Rows, tmp_path: Path) -> None:
    settings = Settings(SPEC, text=TFIDF, choose_text=False, with_trees=False)
    made = train(rows, TOPIC, settings)
    version = save(made, tmp_path / "m")
    model, batch = GbdtDetector(load(tmp_path / "m", version)), ListingBatch.of(rows.listings[:9])
    assert model.text_weights.shape == (SPEC.buckets, 4)
    assert np.array_equal(model.score(batch), GbdtDetector(made).score(batch))
    lamp = next(i for i, y in enumerate(rows.y) if y)
    one = ListingBatch.of([rows.listings[lamp]])
    spans = model.explain(one, 0, TOPIC).spans
    named = {rows.listings[lamp].text[span.start : span.end] for span in spans[:2]}
    assert named == {"lava", "lamp"}
    assert spans[0].weight > 0


def test_other_columns_are_refused(rows: Rows, tmp_path: Path) -> None:
    made = train(rows, TOPIC, Settings(SPEC, choose_text=False, with_trees=False))
    wide = np.zeros((SPEC.buckets, 3), np.float32) + 1
    save(replace(made, text=replace(made.text, weights=wide)), tmp_path / "m")
    with pytest.raises(InvalidInputError, match=r"weights\.npz: has 3 columns, not 2 or 4"):
        load(tmp_path / "m")


@pytest.mark.parametrize("parts", ["words", "characters"])
def test_a_part_reads_its_own_ngrams_only(rows: Rows, parts: str) -> None:
    x, scale = arrays(rows)
    for scaling in ("length", "norm"):
        settings = TextSettings(parts=parts, scaling=scaling)  # type: ignore[arg-type]
        columns, _ = fit_columns(x, scale, rows.y, rows.weight, SPEC.words, settings)
        silent = {"words": 1, "characters": 0}[parts]
        assert columns[:, 1 - silent].any()
        assert not columns[:, silent::2].any()


def test_few_violations_follow_the_public_topics_and_many_their_own() -> None:
    prior = Prior({"words": 0.05}, {"words": 0.02})
    unsure = shrunk({FIRST: Gain(0, 0), "words": Gain(-0.2, 0.2)}, prior)
    sure = shrunk({FIRST: Gain(0, 0), "words": Gain(-0.2, 0.005)}, prior)
    assert unsure["words"] > unsure[FIRST] == 0
    assert sure["words"] < sure[FIRST] == 0


def test_a_set_that_judges_is_left_out() -> None:
    topics = (
        PublicTopic("a", "t", 50, {"words": Gain(0.4, 0)}),
        PublicTopic("b", "t", 50, {"words": Gain(0.1, 0)}),
        PublicTopic("b", "u", 50, {"words": Gain(0.3, 0)}),
    )
    assert prior_of(topics).mean["words"] == pytest.approx(0.3)  # sets weigh alike
    assert prior_of(topics, ("a",)).mean["words"] == pytest.approx(0.2)


def test_the_measured_file_has_every_candidate() -> None:
    topics = public_topics()
    assert len({topic.source for topic in topics}) >= 7
    for topic in topics:
        assert topic.gains.keys() == CANDIDATES.keys()
        assert topic.gains[FIRST] == Gain(0, 0)


@pytest.mark.parametrize("parts", ["words", "characters"])
def test_a_part_that_tells_nothing_gains_nothing(parts: str) -> None:
    random, n = np.random.default_rng(0), 800
    y, groups = random.random(n) < 0.3, random.integers(60, size=n).astype(str)
    telling = random.random((n, 40)) < np.where(y[:, None] & (np.arange(40) < 8), 0.25, 0.1)
    columns = {"words": slice(0, 40), "characters": slice(SPEC.words, SPEC.words + 40)}
    x = np.zeros((n, SPEC.buckets), np.float32)
    for name, where in columns.items():
        x[:, where] = telling if name == parts else random.random((n, 40)) < 0.1
    scale = np.full(n, 0.1, np.float32)
    gains = measure(csr_matrix(x), scale, y, groups, np.ones(n), SPEC)
    other = next(name for name in columns if name != parts)
    assert gains[other].gain < gains[parts].gain - 0.1
    assert all(0 <= gain.error < 0.1 for gain in gains.values())


def test_the_choice_has_the_largest_expected_gain(rows: Rows) -> None:
    chosen = choose(rows, SPEC, TextSettings(folds=4, seed=2))
    assert (chosen.folds, chosen.seed) == (4, 2)
    x, scale = arrays(rows)
    measured = measure(x, scale, rows.y, rows.groups, rows.weight, SPEC, 2)
    expected = shrunk(measured, prior_of(public_topics()))
    best = CANDIDATES[max(expected, key=lambda name: expected[name])]
    assert chosen == msgspec.structs.replace(best, folds=4, seed=2)


def test_a_choice_looks_at_a_bounded_number_of_rows() -> None:
    n = 30_000
    one = stream(1)[0][0]
    many = Rows((one,) * n, np.arange(n) % 10 == 0, np.full(n, 2.0))
    few = few_rows(many, 0)
    assert len(few.y) == MOST_ROWS
    assert few.y.sum() == MOST_POSITIVES
    assert few.weight[few.y].sum() == pytest.approx(2 * n / 10)
    assert few.weight.sum() == pytest.approx(2 * n)
    assert len(few_rows(many.take(np.arange(50)), 0).y) == 50


def test_the_lineage_keeps_what_was_chosen(rows: Rows) -> None:
    made = train(rows, TOPIC, Settings(SPEC, with_trees=False))
    assert made.lineage.settings is not None
    kept = msgspec.convert(made.lineage.settings["text"], TextSettings)
    assert kept in CANDIDATES.values()
