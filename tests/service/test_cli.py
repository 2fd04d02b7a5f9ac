"""Operators' commands as they are typed, on a store of their own."""

from __future__ import annotations

import gzip
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from bench.server import wait
from django.contrib.auth.models import User
from django.db import connection
from tests.service.conftest import new_server
from tests.stores import unsealed

from mimawari.cli.main import main
from mimawari.listings.readers import read_listings

pytestmark = pytest.mark.django_db(transaction=True)
Run = Callable[..., str]
# Six blocks of ingest, killed after the first.
ROWS = 12_000
SENTENCE = "a long and odd sentence\n"


@pytest.fixture
def outcome(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Give a function that runs a command in this process: its exit code and what it said."""

    def run(*words: str, given: str = "") -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["mimawari", *words])
        monkeypatch.setattr("sys.stdin", io.StringIO(given))
        monkeypatch.setenv("COLUMNS", "300")
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return int(ended.value.code or 0), captured.out + captured.err

    return run


@pytest.fixture
def done(outcome: Callable[..., tuple[int, str]]) -> Run:
    def run(*words: str, given: str = "") -> str:
        code, said = outcome(*words, given=given)
        assert code == 0, said
        return said

    return run


@pytest.fixture
def refused(outcome: Callable[..., tuple[int, str]]) -> Run:
    def run(*words: str, given: str = "") -> str:
        code, said = outcome(*words, given=given)
        assert code != 0, said
        return " ".join(said.split())

    return run


@pytest.fixture
def installed(done: Run) -> None:
    said = done("topics", "install-starter", "--only", "weapons", "--only", "tickets")
    assert said.startswith("2 topics are in force as generation")


def test_createadmin(done: Run, refused: Run) -> None:
    make = ("createadmin", "alice", "--password-stdin")
    for weak in ("alice", "12345678", "password", ""):
        assert "password" in refused(*make, given=weak + "\n")
    assert "alice" in done(*make, given="a long and odd sentence\n")
    assert "taken" in refused(*make, given="a long and odd sentence\n")


def test_keys(done: Run, refused: Run) -> None:
    assert "listings:write" in refused("keys", "create", "x", "--scope", "everything")
    for name in ("", "  ", "a\x1b[31m"):
        assert "say whose key" in refused("keys", "create", name, "--scope", "listings:read")
    key = done("keys", "create", "shop", "--scope", "listings:read").strip()
    prefix, secret = key.split("_", 2)[1:]
    listed = done("keys", "list")
    assert prefix in listed
    assert secret not in listed
    assert "revoked" in done("keys", "revoke", prefix)
    assert "no valid key" in refused("keys", "revoke", prefix)


def test_topics(installed: None, done: Run, refused: Run) -> None:
    listed = done("topics", "list")
    assert "weapons" in listed
    assert "tickets" in listed
    wrong = refused("topics", "install-starter", "--only", "nonsense")
    assert "nonsense is unknown" in wrong


def test_models(done: Run, refused: Run, tmp_path: Path) -> None:
    assert "registered" in done("models", "list")
    wrong = refused("models", "activate", str(tmp_path), "--reason", "why")
    assert "manifest.json" in wrong


def test_ledger(installed: None, done: Run) -> None:
    assert "3 waiting" in done("audit", "verify")
    kinds = [json.loads(line)["kind"] for line in done("audit", "export").splitlines()]
    assert kinds[:3] == ["topic_file", "topic_file", "generation"]


def test_check(
    installed: None, done: Run, refused: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert "in order" in done("check")
    for name, value, said in (
        ("MIMAWARI_LEASE_SECOND", "1", "MIMAWARI_LEASE_SECOND: is no setting"),
        ("MIMAWARI_LEASE_SECONDS", "soon", "lease_seconds"),
        ("MIMAWARI_STATE_DIR", __file__, "state_dir"),
        ("MIMAWARI_DATABASE_URL", "mysql://x/y", "database_url"),
    ):
        with monkeypatch.context() as changed:
            changed.setenv(name, value)
            assert said in refused("check")
    with unsealed(), connection.cursor() as cursor:
        cursor.execute("UPDATE releases_generation SET actor = 'x'")
    assert "in order" in done("check"), "rows are compared by audit verify alone"
    assert "is not as its event says: it was changed" in refused("audit", "verify")
    done("audit", "checkpoint")
    with unsealed(), connection.cursor() as cursor:
        cursor.execute("UPDATE audit_event SET subject = 'x' WHERE sequence = 1")
    assert "does not fit the checkpoint of 3" in refused("check")


@pytest.fixture
def listings(tmp_path: Path) -> Callable[[int], Path]:
    def make(count: int) -> Path:
        path = tmp_path / "listings.csv"
        rows = (f"I{i},s{i % 9},a cup {i}" if i % 100 else f"I{i},s,," for i in range(1, count + 1))
        path.write_text("\n".join(["id,seller_id,title", *rows, ""]), "utf-8")
        return path

    return make


def test_ingest_goes_on_where_it_was_killed(
    listings: Callable[[int], Path], tmp_path: Path
) -> None:
    source, state = listings(ROWS), tmp_path / "state"
    state.mkdir()
    with new_server(state) as store:
        assert store.command("audit", "verify").returncode == 0
        words = [sys.executable, "-m", "mimawari", "ingest", str(source)]
        process = subprocess.Popen(words, env=store.environ, stdout=subprocess.DEVNULL)
        wait(lambda: any(p.suffix != ".new" for p in state.glob("ingest/*")), 60)
        process.kill()
        process.wait()
        (mark,) = (p for p in state.glob("ingest/*") if p.suffix != ".new")
        first = int(mark.read_text())
        assert 0 < first < ROWS, "the run ended before it was killed"
        told = counts(store.command("ingest", str(source)))
        assert told["rejected"] == sum(1 for i in range(first + 1, ROWS + 1) if i % 100 == 0)
        assert sum(told.values()) == ROWS - first
        # Those of the killed run stand there, too, and none twice.
        assert rejected_rows(tmp_path / "listings.rejects.jsonl") == list(range(100, ROWS + 1, 100))
        again = counts(store.command("ingest", str(source), "--restart"))
        assert again["duplicate"] == ROWS * 99 // 100
    assert rejected_rows(tmp_path / "listings.rejects.jsonl") == list(range(100, ROWS + 1, 100))


def rejected_rows(path: Path) -> list[int]:
    """Give the row numbers of a reject file, each with a reason and a remedy."""
    rejects = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert all(one["problems"][0]["remedy"] for one in rejects)
    return [one["row"] for one in rejects]


def counts(run: subprocess.CompletedProcess[str]) -> dict[str, int]:
    """Read '1,000 accepted, 3 rejected'."""
    assert run.returncode == 0, run.stderr
    found = re.findall(r"([\d,]+) (accepted|duplicate|rejected)", run.stdout)
    return {status: int(number.replace(",", "")) for number, status in found}


def test_ingest_in_one_go(installed: None, done: Run, listings: Callable[[int], Path]) -> None:
    source = listings(250)
    assert "248 accepted, 2 rejected" in done("ingest", str(source))
    assert "nothing new" in done("ingest", str(source))
    assert "248 duplicate" in done("ingest", str(source), "--restart")


def test_ingest_names_versions_that_are_known_with_other_content(
    installed: None, done: Run, tmp_path: Path
) -> None:
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    first.write_text("id,title\nC1,a cup\nC2,a cup\n", "utf-8")
    second.write_text("id,title\nC1,a cup\nC2,another\n", "utf-8")
    assert "2 accepted" in done("ingest", str(first))
    assert "1 duplicate, 1 rejected" in done("ingest", str(second))
    (one,) = map(json.loads, (tmp_path / "second.rejects.jsonl").read_text("utf-8").splitlines())
    assert (one["row"], one["line"], one["problems"][0]["field"]) == (2, 3, "version")
    assert "greater version" in one["problems"][0]["remedy"]


def test_ingest_takes_what_lies_before_the_damage(
    installed: None, done: Run, refused: Run, tmp_path: Path
) -> None:
    rows = "".join(f"D{i},cup {i * 7919}\n" for i in range(3_000))
    whole = gzip.compress(f"id,title\n{rows}".encode())
    source = tmp_path / "cut.csv.gz"
    source.write_bytes(whole[: len(whole) // 2])
    said = refused("ingest", str(source))
    assert "cut.csv.gz: is damaged" in said
    (kept,) = re.findall(r"([\d,]+) accepted", said)
    assert 0 < int(kept.replace(",", "")) < 3_000
    source.write_bytes(whole)
    assert f"{kept} duplicate" in done("ingest", str(source))


def test_ingest_leaves_other_files_alone(installed: None, refused: Run, tmp_path: Path) -> None:
    source, other = tmp_path / "a.csv", tmp_path / "letter.txt"
    source.write_text("id,title\nO1,\n", "utf-8")
    other.write_text("dear reader\n", "utf-8")
    assert "something else than rejects" in refused("ingest", str(source), "--rejects", str(other))
    assert "is the file itself" in refused("ingest", str(source), "--rejects", str(source))
    assert other.read_text("utf-8") == "dear reader\n"
    assert "a.csv: has no good row: title is empty in 1 of 1" in refused("ingest", str(source))


def test_ingest_on_a_full_disk_goes_on_later(
    installed: None, refused: Run, done: Run, listings: Callable[[int], Path]
) -> None:
    source = listings(250)
    said = refused("ingest", str(source), "--rejects", "/dev/full")
    assert "error storage: No space left on device; free space, then" in said
    assert "goes on after row 0" in said
    assert "248 duplicate, 2 rejected" in done("ingest", str(source))


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="limits SQLite's file")
def test_ingest_into_a_full_database(
    installed: None, refused: Run, done: Run, listings: Callable[[int], Path]
) -> None:
    source = listings(4_500)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")
        pages = cursor.execute("PRAGMA page_count").fetchone()[0]
        cursor.execute(f"PRAGMA max_page_count = {pages + 150}")
        said = refused("ingest", str(source))
        assert "storage: database or disk is full; free space, then the same command" in said
        (kept,) = map(int, re.findall(r"goes on after row ([\d,]+)", said.replace(",", "")))
        assert kept in (0, 2000, 4000)
        cursor.execute(f"PRAGMA max_page_count = {2**30}")
    assert counts_of(done("ingest", str(source))) == 4_500 - kept


def counts_of(said: str) -> int:
    """Add up '1,000 accepted, 3 rejected'."""
    found = re.findall(r"([\d,]+) (?:accepted|duplicate|rejected)", said)
    return sum(int(number.replace(",", "")) for number in found)


def test_ingest_of_a_wrong_file(refused: Run, tmp_path: Path) -> None:
    missing = refused("ingest", str(tmp_path / "missing.csv"))
    assert "No such file" in missing
    assert "nothing new" not in missing
    odd = tmp_path / "[red]"  # no markup of the terminal's
    odd.mkdir()
    (odd / "a.csv").write_text("id,[/red]\n1,x\n", "utf-8")
    assert "a.csv: column '[/red]': is unknown" in refused("ingest", str(odd / "a.csv"))
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("id,titel\n1,x\n", "utf-8")
    assert "did you mean 'title'" in refused("ingest", str(wrong))


def test_labels_export(done: Run, refused: Run, tmp_path: Path) -> None:
    for name in ("labels.jsonl", "labels.csv", "labels.parquet"):
        done("labels", "export", str(tmp_path / name))
        assert list(read_listings(tmp_path / name)) == []
    assert "unknown ending" in refused("labels", "export", str(tmp_path / "labels.xlsx"))


def test_accounts(done: Run, refused: Run) -> None:
    assert "anna is there as moderator" in done("accounts", "add", "anna", "--no-password")
    said = done(
        "accounts", "add", "eve", "--role", "ml_engineer", "--password-stdin", given=SENTENCE
    )
    assert "ml_engineer" in said
    assert "password" in refused("accounts", "add", "bob", "--password-stdin", given="short\n")
    assert "use moderator, lead, policy_editor, ml_engineer, auditor, admin" in refused(
        "accounts", "role", "anna", "boss"
    )
    assert "anna is admin" in done("accounts", "role", "anna", "admin")
    rows = [line.split("│")[1:-1] for line in done("accounts", "list").splitlines()]
    listed = {row[0].strip(): [cell.strip() for cell in row[1:]] for row in rows if row}
    anna, eve = (User.objects.get(username=name).pk for name in ("anna", "eve"))
    assert listed["anna"] == [f"moderator-{anna}", "admin", "all", "no", "", ""]
    assert listed["eve"] == [f"moderator-{eve}", "ml_engineer", "all", "yes", "", ""]
    make = ("keys", "create", "app", "--scope", "reviews:write")
    assert "moderator: is missing" in refused(*make)
    assert done(*make, "--moderator", "anna").startswith("mmw_")
    assert "anna" in done("keys", "list")
