from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import typer

from mimawari.cli.score import score, scored
from mimawari.cli.train import train
from mimawari.detectors.gbdt import artifact
from mimawari.detectors.gbdt.detector import GbdtDetector
from mimawari.detectors.gbdt.rows import collect
from mimawari.detectors.gbdt.training import train as train_model
from mimawari.listings.batch import ListingBatch
from mimawari.listings.listing import Listing

LISTINGS = [
    Listing(
        id=str(i), version=1, seller_id=f"s{i % 9}", title=f"item {i % 7}" + " lamp" * (i % 4 == 0)
    )
    for i in range(120)
]


def test_scores_stream_to_rows_of_the_schema(tmp_path: Path) -> None:
    rows = collect((one, int(i % 4 == 0)) for i, one in enumerate(LISTINGS))
    artifact.save(train_model(rows, "lamps"), tmp_path / "m")
    model = GbdtDetector.load(tmp_path / "m")
    table = pa.Table.from_batches(scored(iter(LISTINGS), [model, model]))
    assert table.num_rows == 240
    assert set(table["model_version"].to_pylist()) == {model.version}
    direct = model.score(ListingBatch.of(LISTINGS))[:, 0]
    assert np.array_equal(table["score"].to_numpy()[:120], direct)


def test_score_without_a_model_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit):
        score(tmp_path / "a.csv", tmp_path / "o.parquet", None)
    assert "--model: is missing" in capsys.readouterr().err


def test_train_signature_has_the_documented_options() -> None:
    assert set(train.__annotations__) >= {"topic", "source", "output", "least"}
