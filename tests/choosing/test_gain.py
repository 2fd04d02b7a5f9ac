"""What labels added since an earlier round changed: better, worse, or nothing beyond noise."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mimawari.cli.main import app
from mimawari.detectors.gbdt.rows import Rows, collect
from mimawari.errors import InvalidInputError
from mimawari.evaluation.choosing.gain import Gain, gain_of
from mimawari.evaluation.choosing.prepare import settings_of
from mimawari.evaluation.choosing.task import Task
from mimawari.listings.listing import Listing

GOODS = ("lamp", "chair", "phone", "coat", "shoe", "book", "plate", "bike", "tent", "clock")
ARMS = ("pistol", "rifle", "silencer", "ammunition")


def market(count: int, arms: tuple[str, ...] = ARMS, first: int = 0) -> list[tuple[Listing, int]]:
    """Every fifth listing is of a violating kind; the rest of each title is chance."""
    lots = random.Random(first)
    labelled = []
    for i in range(first, first + count):
        kind = lots.choice(arms if i % 5 == 0 else GOODS)
        title = f"{lots.choice(GOODS)} {kind} {lots.choice(GOODS)}"
        listing = Listing(id=str(i), version=1, seller_id=f"s{i % 97}", title=title)
        labelled.append((listing, int(i % 5 == 0)))
    return labelled


def gain(earlier: list[tuple[Listing, int]], added: list[tuple[Listing, int]]) -> Gain:
    rows: Rows = collect([*earlier, *added])
    task = Task("guns", rows, settings_of(5, folds=4))
    return gain_of(task, {listing.id for listing, _ in earlier})


def test_labels_of_kinds_not_seen_before_pay() -> None:
    measured = gain(market(100, ("pistol",)), market(200, first=1_000))
    assert measured.added == 200
    assert measured.low > 0
    assert measured.after > measured.before + 0.1
    assert str(measured).endswith("; they pay")


def test_labels_that_say_nothing_new_are_no_gain() -> None:
    measured = gain(market(400), market(20, first=1_000))
    assert not measured.is_loss
    assert "no gain beyond noise; two such rounds are a good time to stop" in str(measured)


@pytest.mark.parametrize(
    ("low", "high", "outcome", "is_loss"),
    [
        (-0.3, -0.1, "they made it worse", True),
        (0.01, 0.2, "they pay", False),
        (-0.1, 0.1, "no gain beyond noise", False),
        (float("nan"), float("nan"), "no gain beyond noise", False),
    ],
)
def test_the_interval_decides(low: float, high: float, outcome: str, is_loss: bool) -> None:
    measured = Gain(5, 0.5, 0.5, low, high)
    assert outcome in str(measured)
    assert measured.is_loss == is_loss


def test_very_few_violations_are_no_error() -> None:
    assert not gain(market(20), market(20, first=1_000)).is_loss


@pytest.mark.parametrize(("first", "said"), [(0, "holds all labels"), (9_000, "holds none of")])
def test_the_earlier_labels_are_some_of_them(first: int, said: str) -> None:
    rows = collect(market(50))
    ids = {listing.id for listing, _ in market(50, first=first)}
    with pytest.raises(InvalidInputError, match=f"--earlier: {said}"):
        gain_of(Task("guns", rows, settings_of(5)), ids)


def write(path: Path, labelled: list[tuple[Listing, int]]) -> Path:
    lines = [
        {"id": one.id, "seller_id": one.seller_id, "title": one.title, "label:guns": label}
        for one, label in labelled
    ]
    path.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    return path


def run(command: str, *more: object) -> Result:
    options = ["--topic", "guns", "--least", "5", "--algorithm", "linear", "--no-augment"]
    return CliRunner().invoke(app, [command, *options, *map(str, more)])


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Give the labels of a round, and those of the next joined with them."""
    first, second = market(200), market(90, first=1_000)
    everything = write(tmp_path / "labels.jsonl", [*first, *second])
    return write(tmp_path / "round1.jsonl", first), everything


@pytest.mark.parametrize("command", ["train", "evaluate"])
def test_commands_say_what_a_round_changed(files: tuple[Path, Path], command: str) -> None:
    earlier, everything = files
    output = ("-o", everything.with_name("m")) if command == "train" else ()
    told = run(command, "--from", everything, "--earlier", earlier, *output)
    assert told.exit_code == 0, told.output
    assert "90 labels more: AUPRC" in told.output
    assert everything.with_name("m").exists() == (command == "train")


def test_no_model_is_trained_of_labels_that_made_it_worse(
    files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The measure is given: a loss beyond noise takes more wrong labels than a test has."""
    earlier, everything = files
    loss = Gain(90, 0.43, 0.25, -0.29, -0.06)
    monkeypatch.setattr("mimawari.evaluation.choosing.gain.gain_of", lambda task, ids: loss)
    output = everything.with_name("m")
    told = run("train", "--from", everything, "--earlier", earlier, "-o", output)
    assert told.exit_code == 2
    assert "AUPRC .43 -> .25 (-.29 to -.06); they made it worse." in told.output
    assert "--from: has labels that mislead; keep the earlier model" in told.output
    assert not output.exists()
