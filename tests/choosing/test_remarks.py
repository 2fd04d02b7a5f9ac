"""What a choice says of its trainings: on the card, at the end, and in the lineage."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from tests.choosing.test_gain import market, write
from typer.testing import CliRunner

from mimawari.cli.main import app
from mimawari.detectors.gbdt.copies import CopiesWorth
from mimawari.detectors.loading import load_model
from mimawari.evaluation.choosing.remarks import Trained
from mimawari.records.lineage import Lineage

PAYS = CopiesWorth(0.1, -0.01, 0.2, 0.1, 0.01, 0.005, 0.8)
COSTS = CopiesWorth(0.1, -0.05, 0.0, 0.0, -0.04, 0.005, 0.8)
LATE, DRAWS = "no tree lowers the log loss", "they do not rank unseen sellers better"


def of(worth: CopiesWorth, dropped: str | None = None) -> Lineage:
    return Lineage(copies=worth.facts(), dropped=dropped)


def test_kinds_that_decided_alike_share_a_remark() -> None:
    both = [of(PAYS), of(COSTS), of(COSTS)]
    trees = [msgspec.structs.replace(one, dropped=DRAWS) for one in both]
    trees[0] = msgspec.structs.replace(trees[0], dropped=LATE)
    assert Trained({"linear": both, "gbdt": trees}).of_folds() == (
        "linear, gbdt: disguised copies are learnt in 1 of 3 folds: with 10% of violations "
        "disguised they change AUPRC by -0.023 (-0.037 while nobody hides, +0.067 under disguises "
        "that are learnt, +0.033 under others)",
        f"gbdt: trees were dropped in 3 of 3 folds: {DRAWS} (2); {LATE} (1); it scores as the "
        "text score alone",
    )


def test_trees_that_stay_somewhere_are_no_text_score_alone() -> None:
    told = Trained({"gbdt": [of(PAYS, DRAWS), of(PAYS)]}).of_folds()[1]
    assert told == f"gbdt: trees were dropped in 1 of 2 folds: {DRAWS} (1)"


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"augmentation": None}, "linear: no disguised copies are learnt, as asked"),
        ({"augmentation": {"copies": 12}}, "linear: disguised copies are learnt, as asked"),
    ],
)
def test_what_was_asked_for_is_said(settings: dict[str, object], told: str) -> None:
    lineage = Lineage(settings=settings)  # type: ignore[arg-type]
    assert Trained(whole={"linear": lineage}).of_whole() == (told,)
    assert Trained({"linear": [lineage]}).of_folds() == (told,)


def test_the_command_says_what_was_decided(tmp_path: Path) -> None:
    file = write(tmp_path / "labels.jsonl", market(200))
    options = ["--topic", "guns", "--least", "5", "--from", str(file)]
    made = CliRunner().invoke(app, ["train", *options, "-o", str(tmp_path / "m")])
    told = " ".join(made.output.split())
    assert made.exit_code == 0, made.output
    lineage = load_model(tmp_path / "m").lineage
    assert lineage.copies is not None
    assert str(msgspec.convert(lineage.copies, CopiesWorth)) in told
    assert lineage.dropped is not None
    assert f"gbdt: trees were dropped: {lineage.dropped}; this is the text score alone" in told
    forced = CliRunner().invoke(
        app, ["evaluate", *options, "--algorithm", "linear", "--no-augment", "--folds", "2"]
    )
    assert "linear: no disguised copies are learnt, as asked" in forced.output
