"""`mimawari train --algorithm` and `mimawari evaluate`, as a user calls them."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.gmu.world import market
from typer.testing import CliRunner

from mimawari.cli.main import app
from mimawari.detectors.loading import load_model
from mimawari.listings.writers import write_labelled

TOPIC = "lava_lamps"
runner = CliRunner()


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = market().rows
    path = tmp_path_factory.mktemp("data") / "listings.jsonl"
    labels = zip(rows.listings, rows.y, strict=True)
    write_labelled(path, ((one, {TOPIC: int(y), "green": int("green" in one.title)})
                          for one, y in labels))  # fmt: skip
    return path


def run(*words: str) -> tuple[int, str]:
    found = runner.invoke(app, list(words))
    return found.exit_code, found.output


def test_auto_trains_what_the_card_says(source: Path, tmp_path: Path) -> None:
    folder = tmp_path / "m"
    code, said = run("train", "--from", str(source), "--topic", TOPIC, "--algorithm", "auto",
                     "--capacity", "40", "-o", str(folder))  # fmt: skip
    assert code == 0, said
    assert "rules is left out: no rules of lava_lamps are known" in said
    model = load_model(folder)
    chosen = model.lineage.chosen
    assert chosen["k"] == 40
    kinds = {"linear", "tfidf", "gbdt", "gmu", "ensemble"}
    assert {one["name"] for one in chosen["entries"]} == kinds
    assert chosen["why"] in (tmp_path / "m.html").read_text("utf-8").replace("&#x27;", "'") or (
        chosen["why"][1:] in (tmp_path / "m.html").read_text("utf-8")
    )
    assert model.version in said


def test_a_linear_model_has_no_trees(source: Path, tmp_path: Path) -> None:
    code, said = run("train", "--from", str(source), "--topic", TOPIC, "--algorithm", "linear",
                     "-o", str(tmp_path / "m"))  # fmt: skip
    assert code == 0, said
    assert (tmp_path / "m" / "model.txt").read_bytes() == b""


def test_evaluate_shows_a_table_and_writes_the_card(source: Path, tmp_path: Path) -> None:
    card = tmp_path / "card.html"
    code, said = run("evaluate", "--from", str(source), "--topic", TOPIC, "--algorithm", "linear",
                     "--algorithm", "rules", "--folds", "3", "--page", str(card))  # fmt: skip
    assert code == 0, said
    assert "AP@100" in said
    assert "linear" in said
    assert "rules is left out" in said
    assert "3 folds" in card.read_text("utf-8")


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--algorithm", "trees"], "--algorithm: is trees; use one of linear, tfidf, gbdt, gmu"),
        (["--algorithm", "gmu", "--images", "nowhere"], "--images: is no folder: nowhere"),
        (["--algorithm", "gmu", "--images", "."], "--images: holds no picture of these listings"),
        (["--algorithm", "gmu", "--encoder", "e.onnx"], "--encoder: has nothing to look at"),
    ],
)
def test_bad_options_are_named(source: Path, more: list[str], told: str) -> None:
    code, said = run("train", "--from", str(source), "--topic", TOPIC, *more)
    assert code == 2
    assert told in said.replace("\n", " ")
