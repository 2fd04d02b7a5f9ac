"""`mimawari attack`, whole: a model from a folder, a labelled file, a table and a report."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mimawari.cli.main import app
from mimawari.detectors.gbdt import artifact
from mimawari.detectors.gbdt.augment import Augmentation
from mimawari.detectors.gbdt.rows import collect
from mimawari.detectors.gbdt.training import Settings, train
from mimawari.detectors.gbdt.trees import TreeSettings
from mimawari.evaluation.attacks import AttackReport
from mimawari.listings.disguises import DISGUISES
from mimawari.listings.listing import Listing

HEADER = ("id", "seller_id", "title", "label:lamps")


def rows(of: str, decoy: str = "") -> list[tuple[str, str, str, bool]]:
    """Give 120 listings, a quarter of them lamps, a quarter of them decoys."""
    ends = (" lamp", decoy, "", "")
    return [(f"{of}{i}", f"{of}{i % 9}", f"{of}{i}{ends[i % 4]}", i % 4 == 0) for i in range(120)]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("attack") / "model"
    seen = (
        (Listing(id=i, version=1, seller_id=seller, title=title), label)
        for i, seller, title, label in rows("s")
    )
    copies = Augmentation(copies=2, disguises=("spacing", "misspelling"))
    settings = Settings(trees=TreeSettings(rounds=5), augmentation=copies)
    artifact.save(train(collect(seen), "lamps", settings), folder)
    return folder


@pytest.fixture
def unseen(tmp_path: Path) -> Path:
    path = tmp_path / "unseen.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([HEADER, *((*row, int(y)) for *row, y in rows("t", " lamb"))])
    return path


def run(model: Path, unseen: Path, *more: str) -> tuple[int, str]:
    words = ["attack", "--model", str(model), "--from", str(unseen), "--topic", "lamps", *more]
    found = CliRunner(env={"COLUMNS": "200"}).invoke(app, words)
    return found.exit_code, found.output


def test_every_disguise_is_measured_and_reported(model: Path, unseen: Path) -> None:
    output = unseen.with_name("report.json")
    code, said = run(model, unseen, "-o", str(output))
    assert code == 0, said
    report = json.loads(output.read_text("utf-8"))
    found = {(one["attack"], one["targets"]): one for one in report["attacks"]}
    assert set(report) == set(AttackReport.__struct_fields__)
    assert {name for name, _ in found} == set(DISGUISES)
    assert report["positives"] == 30
    assert report["recall"] == 1.0
    assert found["homoglyphs", "strongest"]["kept"] == 1.0  # the canonical form undoes them
    assert found["kana", "random"]["changed"] == 0.0
    assert "nothing to disguise" in said
    assert " lamp" in said
    assert found["picture", "random"]["kept"] == 0.0  # what is in a picture stands behind lambs
    for learnt, which in ((True, "those in training"), (False, "those not in training")):
        some = [o for o in found.values() if o["changed"] and o["learnt"] is learnt]
        worst = min(some, key=lambda outcome: outcome["kept"])
        expected = f"Keeps least of {which} under {worst['attack']} ({worst['targets']} words)"
        assert expected in said


def test_own_synonyms_and_chosen_attacks(model: Path, unseen: Path, tmp_path: Path) -> None:
    table = tmp_path / "own.toml"
    table.write_text('[lamps]\nlamp = ["lantern"]\n', "utf-8")
    more = ("--attacks", "synonyms, stretching", "--synonyms", str(table), "--k", "40")
    code, said = run(model, unseen, *more)
    assert code == 0, said
    assert "lantern" in said
    assert "recall@40" in said
    assert "picture" not in said


def test_unknown_attacks_and_files_without_labels_are_refused(model: Path, unseen: Path) -> None:
    code, said = run(model, unseen, "--attacks", "spacing,hats")
    assert code == 2
    assert "--attacks: has no disguise 'hats'; choose among spacing, symbols" in said
    unseen.write_text("id,seller_id,title,label:lamps\n1,s,cup,0\n2,s,mug,0\n", "utf-8")
    code, said = run(model, unseen)
    assert code == 2
    assert "label:lamps: holds no violation" in said


def test_a_model_that_is_told_what_pictures_say_keeps_its_recall(model: Path, unseen: Path) -> None:
    pytest.importorskip("rapidocr", reason="the extra ocr is not installed")
    output = unseen.with_name("report.json")
    more = ("--attacks", "picture", "--read-pictures", "-o", str(output))
    code, said = run(model, unseen, *more)
    assert code == 0, said
    assert all(one["kept"] >= 0.9 for one in json.loads(output.read_text("utf-8"))["attacks"])
