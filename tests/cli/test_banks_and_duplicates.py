"""`mimawari banks` on files, and `mimawari duplicates`: what they write, and what they refuse."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from tests.media.drawn import encoded, scene
from typer.testing import CliRunner

from mimawari.cli.main import app
from mimawari.detectors.banks import Verdict, load
from mimawari.errors import InvalidInputError

RUN = CliRunner()


def run(*words: object) -> str:
    result = RUN.invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def gun(tmp_path: Path) -> Path:
    path = tmp_path / "gun.png"
    path.write_bytes(encoded(scene(1, 240, 320)))
    return path


def test_a_bank_grows_and_takes_back(tmp_path: Path, gun: Path) -> None:
    bank = tmp_path / "known.jsonl"
    how = ("--topic", "weapons", "--verdict", "bad", "--note", "[red]case\x1b 17", "--by", "ann")
    added = run("banks", "add", bank, "--picture", gun, *how)
    (entry,) = load(bank).entries
    assert (entry.verdict, entry.by, added) == (Verdict.BAD, "ann", f"gun.png: {entry.pdq}\n")
    listed = run("banks", "list", bank)
    assert entry.pdq in listed
    assert "\x1b" not in listed
    assert "[red]case" in " ".join(listed.split())
    run("banks", "remove", bank, entry.pdq, "--topic", "weapons", "--by", "bob")
    assert load(bank).entries == ()
    assert [one.by for one in load(bank).history] == ["ann", "bob"]


def test_what_is_no_picture_is_not_added(tmp_path: Path, gun: Path) -> None:
    bank, blank, text = (tmp_path / name for name in ("known.jsonl", "blank.png", "text.png"))
    blank.write_bytes(encoded(np.full((90, 120, 3), 9, np.uint8)))
    text.write_bytes(b"no picture")
    bad = ("--verdict", "bad")
    for path, verdict, said in (
        (blank, bad, "blank.png: has quality 0"),
        (text, bad, "text.png: is no picture"),
        (tmp_path / "none.png", bad, "cannot be read"),
        (gun, ("--verdict", "ugly"), "--verdict: is 'ugly'"),
    ):
        with pytest.raises(InvalidInputError, match=said):
            run("banks", "add", bank, "--picture", path, "--topic", "weapons", *verdict)
    assert not bank.exists()


def test_groups_of_a_file(tmp_path: Path) -> None:
    source, output = tmp_path / "listings.csv", tmp_path / "groups.csv"
    rows = [
        ("1", "ann", "Air gun, as new, with case and pellets"),
        ("2", "bob", "A cup of tea from my grandmother"),
        ("=3", "cat", "AIR GUN, as new, with case and pellets!"),
        ("4", "ann", "Air gun, as new, with case and pellets"),
        ("5", "dan", "A cup of tea from my grandmother"),
        ("6", "eve", "Nothing like it"),
    ]
    lines = [f'{i},1,{seller},"{title}"' for i, seller, title in rows]
    source.write_text("\n".join(["id,version,seller_id,title", *lines, "7,1,,"]), "utf-8")
    said = run("duplicates", source, "-o", output)
    assert "6 listings: 5 in 2 groups" in said
    assert "1 rows of listings.csv are left out" in said
    with output.open(encoding="utf-8", newline="") as file:
        found = [(r["group"], r["listing_id"], r["near_to"]) for r in csv.DictReader(file)]
    assert found == [
        ("1", "1", ""), ("1", "'=3", "1"), ("1", "4", "'=3"), ("2", "2", ""), ("2", "5", "2"),
    ]  # fmt: skip


def test_output_over_the_input_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "listings.csv"
    source.write_text("id,version,seller_id,title\n1,1,s,a cup\n", "utf-8")
    with pytest.raises(InvalidInputError, match="is the file itself"):
        run("duplicates", source, "-o", source)
    with pytest.raises(InvalidInputError, match="none"):
        run("duplicates", source, "-o", tmp_path / "none" / "groups.csv")
