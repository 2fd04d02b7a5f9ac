"""The detector: trained, saved, loaded, scored, explained."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from tests.gmu.world import PLAIN, SEEING, TOPIC, Market, auc, market

from mimawari.detectors.conformance import check_detector
from mimawari.detectors.gmu import artifact
from mimawari.detectors.gmu.detector import GmuDetector
from mimawari.detectors.gmu.training.rows import LabelledListings
from mimawari.detectors.gmu.training.train import train, train_together
from mimawari.detectors.loading import load_model
from mimawari.detectors.suite import Suite
from mimawari.errors import InvalidInputError
from mimawari.listings.batch import ListingBatch
from mimawari.records.lineage import Lineage


@pytest.fixture(scope="module")
def seeing(world: Market) -> artifact.Artifact:
    return train(world.rows, TOPIC, SEEING, world.pictures, lineage=Lineage(by="ann"))


@pytest.fixture(scope="module")
def plain(world: Market) -> artifact.Artifact:
    return train(world.rows, TOPIC, PLAIN)


@pytest.fixture
def folder(seeing: artifact.Artifact, tmp_path: Path) -> Path:
    artifact.save(seeing, tmp_path / "m")
    return tmp_path / "m"


def batch_of(one: Market, seen: bool = True) -> ListingBatch:
    more = {"pictures": one.pictures} if seen else {}
    return ListingBatch.of(one.rows.listings, **more)


def test_learns_from_text_and_more_from_pictures(
    plain: artifact.Artifact, seeing: artifact.Artifact
) -> None:
    fresh = market(200, seed=1)
    text = GmuDetector.of(plain).score(batch_of(fresh))[:, 0]
    both = GmuDetector.of(seeing).score(batch_of(fresh))[:, 0]
    blind = GmuDetector.of(seeing).score(batch_of(fresh, seen=False))[:, 0]
    assert auc(fresh.rows.y, text) > 0.75
    assert auc(fresh.rows.y, both) > 0.9
    assert auc(fresh.rows.y, blind) > 0.7  # what is not there is not made up


def test_conforms(folder: Path, world: Market) -> None:
    model = load_model(folder)
    assert isinstance(model, GmuDetector)
    listings = world.rows.listings[:30]
    check_detector(model, listings)
    check_detector(Suite(None, [model]), listings)


def test_loaded_scores_are_those_of_the_trained(
    seeing: artifact.Artifact, folder: Path, world: Market
) -> None:
    expected = GmuDetector.of(seeing).score(batch_of(world))
    assert np.array_equal(GmuDetector.load(folder).score(batch_of(world)), expected)


def test_training_is_deterministic(plain: artifact.Artifact, world: Market, tmp_path: Path) -> None:
    again = train(world.rows, TOPIC, PLAIN)
    assert artifact.save(plain, tmp_path / "a") == artifact.save(again, tmp_path / "b")


def test_gates_add_up_to_the_margin_and_what_is_absent_is_silent(
    seeing: artifact.Artifact, world: Market
) -> None:
    detector = GmuDetector.of(seeing)
    batch = batch_of(world)
    margins = detector.margin(batch)
    for row in range(12):
        told = detector.explain(batch, row, TOPIC)
        assert {one.name for one in told.features} == {"gate_text", "gate_table", "gate_picture"}
        assert sum(one.weight for one in told.features) + seeing.head.intercept == pytest.approx(
            margins[row], abs=1e-4
        )
        assert all(0 <= one.value <= 1 for one in told.features)
        picture = next(one for one in told.features if one.name == "gate_picture")
        absent = not world.pictures.of(world.rows.listings[row])
        assert (picture.value == 0 and picture.weight == 0) == absent


def test_the_word_that_speaks_is_shown() -> None:
    longer = msgspec.structs.replace(PLAIN, epochs=8)
    detector = GmuDetector.of(train(market(600, seed=2).rows, TOPIC, longer))
    one = msgspec.structs.replace(market(1).rows.listings[0], title="old chair ＬＡＶＡ lamp")
    told = detector.explain(ListingBatch.of([one]), 0, TOPIC)
    assert {one.text[s.start : s.end] for s in told.spans[:2]} == {"ＬＡＶＡ", "lamp"}
    assert told.spans[0].weight > 0


def test_models_trained_together_share_their_trunk(world: Market, tmp_path: Path) -> None:
    y = world.rows.y.astype(np.float32)
    other = np.where(np.arange(len(y)) % 3 == 0, np.nan, 1 - y)  # a third is not known
    labels = np.column_stack((y, other)).astype(np.float32)
    data = LabelledListings(("a", "b"), world.rows.listings, labels, np.ones_like(labels))
    made = train_together(data, PLAIN)
    for one in made:
        artifact.save(one, tmp_path / one.topic)
    a, b = (GmuDetector.load(tmp_path / one.topic) for one in made)
    assert a.trunk is b.trunk
    batch = batch_of(world)
    assert a.trunk.listing_vectors(batch) is b.trunk.listing_vectors(batch)
    assert auc(world.rows.y, a.score(batch)[:, 0]) > 0.8
    assert auc(~world.rows.y, b.score(batch)[:, 0]) > 0.8
    assert made[1].lineage.rows == int((~np.isnan(other)).sum())


def test_seller_and_missing_label_are_no_features(plain: artifact.Artifact, world: Market) -> None:
    one = world.rows.listings[0]
    two = msgspec.structs.replace(one, seller_id="somebody else")
    scores = GmuDetector.of(plain).score(ListingBatch.of([one, two]))
    assert scores[0] == scores[1]


@pytest.mark.parametrize(
    "name", ["head.json", "trunk.onnx", "encoder.onnx", "vectors.npz", "manifest.json"]
)
def test_a_changed_or_missing_file_is_refused(folder: Path, name: str) -> None:
    path = folder / name
    data = path.read_bytes()
    path.write_bytes(data[:-2] + bytes([data[-2] ^ 1]) + data[-1:])
    with pytest.raises(InvalidInputError, match=name.replace(".", r"\.")):
        GmuDetector.load(folder, f"{TOPIC}-000000000000")
    path.unlink()
    with pytest.raises(InvalidInputError, match="is missing"):
        GmuDetector.load(folder)


def test_another_feature_space_is_refused(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["parameters"]["spec"]["ngrams"]["bits"] = 11
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(InvalidInputError, match="fingerprint"):
        GmuDetector.load(folder)


def test_one_class_or_one_seller_is_refused(world: Market) -> None:
    rows = world.rows
    alone = replace(rows, y=np.zeros_like(rows.y))
    with pytest.raises(InvalidInputError, match="has 0 positives"):
        train(alone, TOPIC, PLAIN)
    everyone = replace(rows, y=np.ones_like(rows.y))
    with pytest.raises(InvalidInputError, match="has 0 negatives"):
        train(everyone, TOPIC, PLAIN)
