"""`mimawari rank` writes a file that people label and 'mimawari train' reads."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from tests.remote.conftest import listing
from tests.remote.server import Model, fails, says
from typer.testing import CliRunner, Result

from mimawari.cli.main import app
from mimawari.detectors.packs import starter
from mimawari.listings.readers import read_listings
from mimawari.listings.writers import write_labelled
from mimawari.service.project import config

TITLES = ("cup", "gun", "=cmd hat", "toy gun")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("MIMAWARI_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("MIMAWARI_REMOTE_KEY", "sk-geheim")
    (tmp_path / "policy.txt").write_text("No guns, no {braces}.", "utf-8")
    write_labelled(tmp_path / "all.jsonl", [(listing(i, t), {}) for i, t in enumerate(TITLES)])
    return tmp_path


def rank(model: Model, *more: str, **changed: Any) -> Result:
    told = {
        "topic": "weapons", "policy": "policy.txt", "from": "all.jsonl",
        "base-url": model.url, "model": "small", "output": "ranked.csv",
    } | changed  # fmt: skip
    options = [part for name, value in told.items() for part in (f"--{name}", str(value))]
    return CliRunner().invoke(app, ["rank", *options, *more])


def test_the_likeliest_come_first_with_reason_and_a_column_to_fill_in(
    model: Model, folder: Path
) -> None:
    done = rank(model)
    assert done.exit_code == 0, done.output
    assert "4 listings: 4 answered, 0 known before, 0 unreadable, 0 unanswered." in done.output
    assert "1 requests, 110 tokens" in done.output
    assert "people decide" in done.output
    assert "geheim" not in done.output
    assert model.headers[0]["Authorization"] == "Bearer sk-geheim"
    with (folder / "ranked.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["title"] for row in rows] == ["gun", "toy gun", "cup", "'=cmd hat"]
    assert [row["note:score"] for row in rows] == ["0.900", "0.900", "0.050", "0.050"]
    assert rows[0]["note:reason"] == "about gun"
    assert rows[0]["note:by"].endswith("-uncalibrated")
    assert {row["label:weapons"] for row in rows} == {""}
    assert not any("geheim" in path.read_text("utf-8", "replace") for path in files(folder))


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_the_ranked_file_is_read_again(model: Model, folder: Path, ending: str) -> None:
    model.reply = says('{"answers":[{"id":1,"violates":1,"why":"=HYPERLINK(evil)"}]}')
    done = rank(model, output=f"ranked.{ending}")
    assert done.exit_code == 0, done.output
    rows = list(read_listings(folder / f"ranked.{ending}"))
    assert [row.problems for row in rows] == [()] * 4
    assert {row.listing.title for row in rows if row.listing} >= {"cup", "gun", "toy gun"}
    assert ",=HYPER" not in (folder / f"ranked.{ending}").read_text("utf-8", "replace")


def test_a_second_run_costs_nothing(model: Model, folder: Path) -> None:
    rank(model)
    first = (folder / "ranked.csv").read_bytes()
    model.reply = fails(500)
    done = rank(model)
    assert done.exit_code == 0, done.output
    assert "4 listings: 0 answered, 4 known before" in done.output
    assert "0 requests, 0 tokens" in done.output
    assert (folder / "ranked.csv").read_bytes() == first
    assert (folder / "state" / "remote.sqlite").exists()


def test_labels_of_the_file_stay_and_calibrate(model: Model, folder: Path) -> None:
    rows = [
        (listing(i, f"{'gun' if i % 2 else 'cup'} {i}"), {"weapons": i % 2} if i < 24 else {})
        for i in range(30)
    ]
    write_labelled(folder / "all.jsonl", rows)
    done = rank(model, output="ranked.jsonl")
    assert done.exit_code == 0, done.output
    found = list(read_listings(folder / "ranked.jsonl"))
    assert sum("weapons" in row.labels for row in found) == 24
    text = (folder / "ranked.jsonl").read_text("utf-8")
    assert text.count("-calibrated-") == 30


def test_the_end_of_the_budget_is_told_and_the_rest_comes_last(model: Model, folder: Path) -> None:
    done = rank(model, **{"budget-requests": 2, "per-request": 1, "concurrency": 1})
    assert done.exit_code == 0, done.output
    assert "2 answered, 0 known before, 0 unreadable, 2 unanswered" in done.output
    assert "Asking stopped: the budget of 2 requests is spent" in done.output
    with (folder / "ranked.csv").open(encoding="utf-8", newline="") as file:
        assert [row["note:score"] for row in csv.DictReader(file)] == ["0.900", "0.050", "", ""]


def test_nothing_answered_is_a_failure(model: Model, folder: Path) -> None:
    model.reply = fails(401, "who are you")
    done = rank(model)
    assert done.exit_code == 1
    assert "Asking stopped: the endpoint answered 401: who are you" in done.output
    model.reply = fails(400, "too long")
    assert "The last problem: the endpoint answered 400: too long" in rank(model).output
    assert not (folder / "ranked.csv").exists()


def test_limit_and_body(model: Model, folder: Path) -> None:
    done = rank(model, "--limit", "2", "--body", '{"max_tokens": 99}')
    assert done.exit_code == 0, done.output
    assert model.asked == [2]
    assert model.bodies[0]["max_tokens"] == 99


def test_a_topic_file_is_a_policy_in_all_its_languages(model: Model, folder: Path) -> None:
    weapons = next(path for path in starter() if path.stem == "weapons")
    done = rank(model, policy=weapons)
    assert done.exit_code == 0, done.output
    said = model.bodies[0]["messages"][0]["content"]
    assert "武器" in said
    assert "weapon" in said.lower()


@pytest.mark.parametrize(
    ("more", "changed", "said"),
    [
        ((), {"policy": "none.txt"}, "none.txt: No such file"),
        ((), {"policy": "all.jsonl", "topic": "weapons", "from": "none.csv"}, "is no file"),
        ((), {"base-url": "localhost"}, "base_url: is 'localhost'"),
        (("--body", "[]"), {}, "--body: "),
        (("--per-request", "0"), {}, "per_request: is 0"),
        ((), {"output": "ranked.txt"}, "has the unknown ending '.txt'"),
        ((), {"topic": "tickets", "policy": "weapons.toml"}, "--topic: is 'tickets'"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_asked(
    model: Model, folder: Path, more: tuple[str, ...], changed: dict[str, str], said: str
) -> None:
    weapons = next(path for path in starter() if path.stem == "weapons")
    (folder / "weapons.toml").write_bytes(weapons.read_bytes())
    done = rank(model, *more, **changed)
    assert said in str(done.exception)
    assert not model.bodies


def test_a_file_without_a_good_row(model: Model, folder: Path) -> None:
    (folder / "all.jsonl").write_text("{}\n", "utf-8")
    assert "all.jsonl: has no good row: id is missing in 1" in str(rank(model).exception)


def test_check_knows_the_variable_of_the_key() -> None:
    assert config.load({"MIMAWARI_REMOTE_KEY": "sk-1"}) == config.load({})
