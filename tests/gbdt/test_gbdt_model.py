from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mimawari.detectors import sealed
from mimawari.detectors.base import Detector
from mimawari.detectors.gbdt import artifact
from mimawari.detectors.gbdt.detector import GbdtDetector
from mimawari.detectors.gbdt.evaluate import held_out_scores, measure_scores
from mimawari.detectors.gbdt.folds import grouped_folds, later_sellers
from mimawari.detectors.gbdt.rows import Rows, collect
from mimawari.detectors.gbdt.training import Settings, train
from mimawari.errors import InvalidInputError
from mimawari.listings.batch import ListingBatch
from mimawari.listings.listing import Listing

TOPIC = "lava_lamps"


def stream(n: int = 400, seed: int = 0) -> list[tuple[Listing, int | None]]:
    random = np.random.default_rng(seed)
    words = ["chair", "table", "cup", "book", "shirt", "green", "large", "old"]
    found: list[tuple[Listing, int | None]] = []
    for i in range(n):
        label = int(random.random() < 0.2)
        title = " ".join([*random.choice(words, 4), *(["lava lamp"] if label else [])])
        seller = f"s{random.integers(20)}"
        cents = int(random.integers(100, 9000))
        one = Listing(
            id=str(i), version=1, seller_id=seller, title=title, price_minor=cents, currency="USD"
        )
        found.append((one, label))
    return found


@pytest.fixture(scope="module")
def rows() -> Rows:
    return collect(stream())


@pytest.fixture(scope="module")
def trained(rows: Rows) -> artifact.Artifact:
    return train(rows, TOPIC)


@pytest.fixture
def folder(trained: artifact.Artifact, tmp_path: Path) -> Path:
    artifact.save(trained, tmp_path / "model")
    return tmp_path / "model"


def test_learns_words_of_unseen_listings(trained: artifact.Artifact) -> None:
    detector = GbdtDetector(trained)
    batch = ListingBatch.of([one for one, _ in stream(100, seed=1)])
    y = np.array([label for _, label in stream(100, seed=1)], bool)
    scores = detector.score(batch)[:, 0]
    assert scores[y].min() > scores[~y].max()
    assert isinstance(detector, Detector)


def test_loaded_model_scores_the_same_and_one_is_a_batch_of_one(
    trained: artifact.Artifact, folder: Path, rows: Rows
) -> None:
    loaded = GbdtDetector.load(folder)
    batch = ListingBatch.of(rows.listings[:50])
    expected = GbdtDetector(trained).score(batch)
    assert np.array_equal(loaded.score(batch), expected)
    alone = [loaded.score(ListingBatch.of([one]))[0, 0] for one in batch.listings]
    assert np.allclose(alone, expected[:, 0], atol=1e-6)


def test_training_is_deterministic(trained: artifact.Artifact, rows: Rows, tmp_path: Path) -> None:
    first = artifact.save(trained, tmp_path / "a")
    assert first == artifact.save(train(rows, TOPIC), tmp_path / "b")


@pytest.mark.parametrize("name", [*artifact.FILES, sealed.MANIFEST])
def test_one_changed_byte_or_missing_file_is_refused(folder: Path, name: str) -> None:
    version = json.loads((folder / sealed.MANIFEST).read_text())["topic"]
    path = folder / name
    data = path.read_bytes()
    path.write_bytes(data[:-2] + bytes([data[-2] ^ 1]) + data[-1:] if data else b"x")
    with pytest.raises(InvalidInputError, match=name.replace(".", r"\.")):
        GbdtDetector.load(folder, f"{version}-000000000000")
    path.unlink()
    with pytest.raises(InvalidInputError, match="is missing"):
        GbdtDetector.load(folder)


def test_extra_file_and_other_fingerprint_are_refused(folder: Path) -> None:
    (folder / "run.py").write_text("pass")
    with pytest.raises(InvalidInputError, match=r"run\.py: is not part"):
        GbdtDetector.load(folder)
    (folder / "run.py").unlink()
    manifest = json.loads((folder / sealed.MANIFEST).read_text())
    manifest["fingerprint"] = "0" * 16
    (folder / sealed.MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(InvalidInputError, match="fingerprint"):
        GbdtDetector.load(folder)


@pytest.mark.parametrize(("n", "wanted"), [(30, "more listings that violate"), (0, "20 more")])
def test_refuses_too_few_and_says_how_many_more(n: int, wanted: str) -> None:
    with pytest.raises(InvalidInputError, match=wanted):
        train(collect(stream(n)), TOPIC)


def test_unknown_labels_are_left_out() -> None:
    known = stream(50)
    hidden = [(one, None) for one, _ in stream(50, seed=3)]
    assert len(collect([*known, *hidden]).y) == 50


def test_sampling_keeps_the_prior() -> None:
    rows = collect(stream(2000), most=300)
    labels = [label for _, label in stream(2000)]
    assert rows.weight[rows.y].sum() == pytest.approx(sum(map(bool, labels)))
    assert rows.weight.sum() == pytest.approx(2000)


def test_folds_and_validation_never_part_a_seller(rows: Rows) -> None:
    for fit, held in grouped_folds(rows.y, rows.groups):
        assert not set(rows.groups[fit]) & set(rows.groups[held])
    times = np.arange(len(rows.y), dtype=float)
    late = later_sellers(rows.y, rows.groups, times)
    assert late.any()
    assert not set(rows.groups[late]) & set(rows.groups[~late])


def test_seller_is_no_feature(trained: artifact.Artifact, rows: Rows) -> None:
    detector = GbdtDetector(trained)
    first = rows.listings[0]
    other = Listing(**{f: getattr(first, f) for f in first.__struct_fields__} | {"seller_id": "x"})
    scores = detector.score(ListingBatch.of([first, other]))
    assert scores[0] == scores[1]


def test_explains_with_spans_of_the_original_text(trained: artifact.Artifact) -> None:
    one = Listing(id="1", version=1, seller_id="s", title="old chair ＬＡＶＡ lamp")
    told = GbdtDetector(trained).explain(ListingBatch.of([one]), 0, TOPIC)
    best = {one.text[s.start : s.end] for s in told.spans[:2]}
    assert best == {"ＬＡＶＡ", "lamp"}
    assert told.spans[0].weight > 0


def test_cross_validation_finds_the_signal(rows: Rows) -> None:
    settings = Settings(least_positives=1)
    found = measure_scores(held_out_scores(rows, TOPIC, 3, settings), rows, TOPIC, (10,))
    assert found.auprc.value > 0.95
    assert found.precision_at[10].value == 1.0
    assert found.auprc.low <= found.auprc.value <= found.auprc.high
