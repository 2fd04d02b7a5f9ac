"""`mimawari select`: what it writes is read again, labelled, and trained on."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mimawari.cli.main import app
from mimawari.detectors.gbdt import artifact
from mimawari.detectors.gbdt.rows import collect
from mimawari.detectors.gbdt.training import train
from mimawari.evaluation.choosing.source import FileSource
from mimawari.listings.listing import Listing
from mimawari.listings.readers import read_listings

LAMPS = [
    Listing(
        id=str(i), version=1, seller_id=f"s{i % 9}", title=f"item {i % 7}" + " lamp" * (i % 4 == 0)
    )
    for i in range(120)
]
run = CliRunner()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A hundred listings, of which the first twenty have a label; one has two versions."""
    path = tmp_path / "listings.jsonl"
    rows = []
    for i in range(100):
        title = "glock 19 pistol 9mm" if i % 10 == 3 else f"teapot {i} of tin {i % 7}"
        row = {"id": str(i), "version": 1, "seller_id": f"s{i % 9}", "title": title}
        rows.append(row | ({"label:weapons": int(i % 10 == 3)} if i < 20 else {}))
    rows.append({**rows[50], "version": 2, "title": "teapot, new version"})
    rows.append({"id": "bad", "version": 1, "seller_id": "s", "title": ""})
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return path


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "lamps"
    artifact.save(train(collect((one, int(i % 4 == 0)) for i, one in enumerate(LAMPS)), "lamps"),
                  folder)  # fmt: skip
    return folder


def select(source: Path, output: Path, *more: str, topic: str = "weapons") -> Result:
    return run.invoke(
        app, ["select", "--from", str(source), "--topic", topic, "-o", str(output), *more]
    )


def test_what_reads_like_labelled_violations_is_chosen_and_chance_is_told(
    source: Path, tmp_path: Path
) -> None:
    output = tmp_path / "to-label.csv"
    told = select(source, output, "--budget", "20")
    assert told.exit_code == 0, told.output
    assert "20 of 80 listings without a label are in" in told.output
    assert "Searched by 2 labelled violations and the rules: no model." in told.output
    rows = list(read_listings(output))
    titles = [row.listing.title for row in rows if row.listing]
    ids = [int(row.listing.id) for row in rows if row.listing]
    assert len(ids) == len(set(ids)) == 20
    assert min(ids) >= 20
    assert sum("glock" in title for title in titles[:18]) == 8
    weights = [row.weights["weapons"] for row in rows]
    assert weights == [1.0] * 18 + [pytest.approx(62 / 2)] * 2
    with output.open(encoding="utf-8") as file:
        assert {row["label:weapons"] for row in csv.DictReader(file)} == {""}


def test_what_was_chosen_and_labelled_trains(source: Path, tmp_path: Path) -> None:
    output = tmp_path / "to-label.csv"
    assert select(source, output, "--budget", "20").exit_code == 0
    with output.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["label:weapons"] = "1" if "glock" in row["title"] else "0"
    with output.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    found = list(FileSource(output).labelled("weapons"))
    assert sum(label == 1 for _, label, _ in found) == 8
    assert [chance for *_, chance in found] == [1.0] * 18 + [pytest.approx(2 / 62)] * 2


def test_without_a_labelled_violation_the_rules_hits_come_first(
    source: Path, tmp_path: Path
) -> None:
    bare = [line.replace('"label:weapons": 1', '"label:weapons": 0')
            for line in source.read_text("utf-8").splitlines()]  # fmt: skip
    source.write_text("\n".join(bare), "utf-8")
    output = tmp_path / "to-label.csv"
    told = select(source, output, "--budget", "20")
    assert told.exit_code == 0, told.output
    assert "Searched by" not in told.output
    rows = list(read_listings(output))
    assert sum("glock" in row.listing.title for row in rows[:8] if row.listing) == 8
    weights = [row.weights["weapons"] for row in rows]
    assert weights == [1.0] * 9 + [pytest.approx(71 / 11)] * 11


def test_few_violations_widen_the_search_beyond_the_rules(tmp_path: Path) -> None:
    """Two in 150, of a topic without rules: a round of 20 finds most of the others."""
    words = ["lamp", "chair", "phone", "coat", "shoe", "book", "plate", "bike", "tent", "clock"]
    rows = []
    for i in range(600):
        kind = "tusk of ivory" if i % 40 == 7 else f"{words[i % 10]} and {words[i // 10 % 10]}"
        row = {"id": str(i), "version": 1, "seller_id": f"s{i % 50}", "title": f"{kind} no. {i}"}
        is_labelled = i < 155 and i not in (87, 127)
        rows.append(row | ({"label:ivory": int(i % 40 == 7)} if is_labelled else {}))
    assert sum(row.get("label:ivory") == 1 for row in rows) == 2
    source, output = tmp_path / "all.jsonl", tmp_path / "out.jsonl"
    source.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    told = select(source, output, "--budget", "20", topic="ivory")
    assert told.exit_code == 0, told.output
    chosen = [row.listing.title for row in read_listings(output) if row.listing]
    assert sum("ivory" in title for title in chosen) == 13


def test_earlier_rounds_are_left_out(source: Path, tmp_path: Path) -> None:
    """As the page says: label a round, join the files, choose the next."""
    seen: set[str] = set()
    rounds: list[str] = []
    for number in range(1, 4):
        output = tmp_path / f"{number}.jsonl"
        told = select(source, output, "--budget", "25", *rounds)
        assert told.exit_code == 0, told.output
        lines = [json.loads(line) for line in output.read_text("utf-8").splitlines()]
        ids = {line["id"] for line in lines}
        assert len(ids) == 25
        assert not ids & seen
        seen |= ids
        labels = [line | {"label:weapons": 0} for line in lines]
        output.write_text("\n".join(map(json.dumps, labels)), "utf-8")
        rounds += ["--labelled", str(output)]
    assert f"{25} of {80 - 50} listings" in told.output


def test_models_and_committees(model: Path, tmp_path: Path) -> None:
    source, output = tmp_path / "lamps.jsonl", tmp_path / "out.jsonl"
    rows = [{"id": i.id, "version": 1, "seller_id": "s", "title": i.title} for i in LAMPS]
    source.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    one = ("--model", str(model))
    told = select(source, output, *one, "--strategy", "top", "--budget", "30", topic="lamps")
    assert told.exit_code == 0, told.output
    chosen = [row for row in read_listings(output) if row.listing]
    assert all("lamp" in row.listing.title for row in chosen if row.listing)
    assert [row.weights for row in chosen] == [{}] * 30
    told = select(source, output, *one, "--strategy", "disagreement", topic="lamps")
    assert told.exit_code == 2
    assert "scores: come from 1 models; disagreement needs 2" in told.output
    both = (*one, *one, "--strategy", "disagreement", "--budget", "3")
    assert select(source, output, *both, topic="lamps").exit_code == 0
    assert len(list(read_listings(output))) == 3
    told = select(source, output, *one, topic="chairs")
    assert told.exit_code == 2
    assert "is of lamps; not of chairs" in told.output


def test_a_topic_without_rules_or_model_is_diverse(source: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.csv"
    told = select(source, output, "--budget", "5", topic="teapots")
    assert told.exit_code == 0, told.output
    told = select(source, output, "--strategy", "top", topic="teapots")
    assert told.exit_code == 2
    assert "scores: come from 0 models" in told.output


def test_the_newest_version_is_chosen(source: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.jsonl"
    assert select(source, output, "--strategy", "random", "--budget", "500").exit_code == 0
    chosen = {row.listing.id: row.listing for row in read_listings(output) if row.listing}
    assert len(chosen) == 80
    assert chosen["50"].version == 2


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--strategy", "luck"), "strategy: is 'luck'; use random, top"),
        (("--model", "missing"), "missing"),
        (("--rules", "missing.toml"), "missing.toml"),
    ],
)
def test_what_cannot_be_done_is_said(
    source: Path, tmp_path: Path, more: tuple[str, ...], said: str
) -> None:
    told = select(source, tmp_path / "out.csv", *more)
    assert told.exit_code == 2
    assert said in told.output
    assert not (tmp_path / "out.csv").exists()


def test_a_file_with_nothing_to_choose_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "all.jsonl"
    row = {"id": "1", "version": 1, "seller_id": "s", "title": "tea", "label:weapons": 0}
    for text, said in ((json.dumps(row), "has no listing without a label"), ("", "has no row")):
        source.write_text(text, "utf-8")
        told = select(source, tmp_path / "out.csv")
        assert told.exit_code == 2
        assert said in told.output
