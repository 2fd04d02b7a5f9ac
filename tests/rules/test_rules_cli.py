"""`mimawari rules` on files, and replay: what users see, and exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.acting import TESTS
from typer.testing import CliRunner

from mimawari.cli.rules import app
from mimawari.detectors.packs import starter
from mimawari.detectors.rules.replay import MOST_SAMPLES, replay
from mimawari.detectors.topicfile import parse
from mimawari.listings.listing import Listing

Write = Callable[..., str]
run = CliRunner()


@pytest.fixture
def guns(tmp_path: Path, topic_text: Write) -> Path:
    path = tmp_path / "guns.toml"
    path.write_text(topic_text(("gun", '{words = ["gun"]}', "gun", "toy")), "utf-8")
    return path


@pytest.fixture
def listings(tmp_path: Path) -> Path:
    path = tmp_path / "listings.jsonl"
    rows = [{"id": str(i), "version": 1, "seller_id": "s", "title": "teapot"} for i in range(9)]
    rows.append({"id": "9", "version": 1, "seller_id": "s", "title": "buy G-u-n [red]\u001b[2J"})
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return path


def listing(i: int) -> Listing:
    return Listing(id=str(i), version=1, seller_id="s", title="gun" if i % 4 == 0 else "tea")


def test_replay_counts_and_shows_the_first(topic_text: Write) -> None:
    rules = (("gun", '{words = ["gun"]}', "gun", "toy"), ("ink", '{words = ["ink"]}', "ink", "x"))
    seen: list[int] = []
    report = replay(
        parse(topic_text(*rules)), map(listing, range(250)), batch=100, on_progress=seen.append
    )
    assert (report.seen, report.flagged, seen) == (250, 63, [100, 200, 250])
    assert report.by_rule == {"sample/gun": 63, "sample/ink": 0}
    assert [s.listing.id for s in report.samples] == [str(4 * i) for i in range(MOST_SAMPLES)]
    assert all((s.start, s.end) == (0, 3) for one in report.samples for s in one.spans)
    assert report.flags_too_many


def test_replay_of_nothing_flags_nothing(topic_text: Write) -> None:
    report = replay(parse(topic_text(("gun", '{words = ["gun"]}', "gun", "toy"))), [])
    assert (report.seen, report.share, report.flags_too_many) == (0, 0.0, False)


def test_check_accepts_the_starter_pack() -> None:
    outcome = run.invoke(app, ["check", *map(str, starter()[:3])])
    assert outcome.exit_code == 0
    assert outcome.output.count("no problem found") == 3


def test_check_lists_every_problem_of_every_file(tmp_path: Path, guns: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_bytes(b"\xff")
    same = tmp_path / "same.toml"
    same.write_bytes(guns.read_bytes())
    paths = [bad, tmp_path, tmp_path / "none.toml", guns, same]
    outcome = run.invoke(app, ["check", *map(str, paths)])
    lines = outcome.output.splitlines()
    assert outcome.exit_code == 1
    assert len(lines) == 4
    for line, part in zip(
        lines, ("not UTF-8", "directory", "no such file", "guns.toml"), strict=True
    ):
        assert line.startswith("error ")
        assert part in line


def test_test_shows_a_line_a_rule_and_fails_with_the_examples(
    tmp_path: Path, topic_text: Write
) -> None:
    path = tmp_path / "t.toml"
    rules = (("good", '{words = ["gun"]}', "gun", "toy"), ("bad", '{words = ["ink"]}', "x", "y"))
    path.write_text(topic_text(*rules), "utf-8")
    outcome = run.invoke(app, ["test", str(path)])
    assert outcome.exit_code == 1
    assert "sample/good" in outcome.output
    assert "1 wrong" in outcome.output
    assert "'x' does not match" in outcome.output


def test_replay_reads_a_file_and_warns(guns: Path, listings: Path) -> None:
    outcome = run.invoke(app, ["replay", str(guns), "--listings", str(listings)])
    assert outcome.exit_code == 0
    assert "1 of 10 listings are flagged (10.00%)" in outcome.output
    assert "warning: that is over 1.00%" in outcome.output
    assert "buy G-u-n [red]\N{REPLACEMENT CHARACTER}[2J" in outcome.output
    quiet = run.invoke(app, ["replay", str(guns), "--listings", str(listings), "--limit", "0.5"])
    assert "warning" not in quiet.output


@pytest.mark.parametrize(
    "arguments",
    [[], ["--listings", "a.csv", "--last", "5"], ["--listings", "none.csv"], ["--listings", "."]],
)
def test_replay_without_listings_says_so(guns: Path, arguments: list[str]) -> None:
    outcome = run.invoke(app, ["replay", str(guns), *arguments])
    assert outcome.exit_code == 1
    assert "error " in outcome.output
    assert isinstance(outcome.exception, SystemExit)


def test_activate_needs_who_and_why(guns: Path) -> None:
    assert run.invoke(app, ["activate", str(guns)]).exit_code == 2
    outcome = run.invoke(app, ["activate", str(guns), "--reason", " "])
    assert outcome.exit_code == 1
    assert "--reason: is empty" in outcome.output


@pytest.mark.django_db
def test_activation_is_refused_where_too_much_is_flagged_unless_forced(guns: Path) -> None:
    from mimawari.service.accounts import roles
    from mimawari.service.intake import log
    from mimawari.service.releases import generations

    log.append([listing(i) for i in range(40)])
    asked = ["activate", str(guns), "--reason", "new policy", "--by", "kim"]
    nobody = run.invoke(app, [*asked, "--force"])
    assert nobody.exit_code == 1
    assert "by: 'kim' is no account; see 'mimawari accounts list'" in nobody.output
    roles.add("kim", None, "policy_editor", TESTS, ["sample"])
    refused = run.invoke(app, asked)
    assert refused.exit_code == 1
    assert "flags 25.00% of 40 listings, over 1.00%" in refused.output
    assert generations.current() is None
    forced = run.invoke(app, [*asked, "--force"])
    assert forced.exit_code == 0, forced.output
    newest = generations.current()
    assert newest is not None
    assert newest.actor == "kim"
    assert f"sample is in force as generation {newest.number}" in forced.output
    assert "10 of 40" in run.invoke(app, ["replay", str(guns), "--last", "100"]).output
