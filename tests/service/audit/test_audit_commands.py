"""`mimawari audit`: what a person at the command line sees."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.service.audit.world import change, newest, write
from tests.stores import unsealed
from typer.testing import CliRunner, Result

from mimawari.cli.audit import app
from mimawari.errors import InvalidInputError
from mimawari.ledger.checkpoint import Checkpoint
from mimawari.ledger.notes import SigningKey, VerifierKey
from mimawari.service.audit.keys import signing_key
from mimawari.service.audit.models import Event
from mimawari.service.audit.sealing import seal

pytestmark = pytest.mark.django_db(transaction=True)


def run(*words: object) -> Result:
    return CliRunner().invoke(app, list(map(str, words)))


def done(*words: object) -> str:
    result = run(*words)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A checkpoint of three events, kept elsewhere."""
    write(3)
    path = tmp_path / "checkpoint.txt"
    path.write_text(done("checkpoint"), "utf-8")
    return path


def test_a_whole_ledger(kept: Path) -> None:
    assert done("verify") == (
        "3 events sealed, 0 waiting, 0 erased; 0 rows in batches.\n"
        "Nothing was changed, inserted or deleted.\n"
        "Give --checkpoint FILE, kept elsewhere, to see that nothing was cut off.\n"
    )
    write(2)
    assert "3 events sealed, 2 waiting" in done("verify", "--no-batches", "--checkpoint", kept)


def test_a_cut_off_ledger(kept: Path) -> None:
    with unsealed():
        for table in ("audit_event", "audit_tile", "audit_checkpoint"):
            change(f"DELETE FROM {table}")
    result = run("verify", "--checkpoint", kept)
    assert result.exit_code == 1
    assert "the kept checkpoint of 3: the ledger holds 0 events: 3 were cut off" in result.output


def test_a_changed_event_is_named(kept: Path) -> None:
    number = Event.objects.get(sequence=1).pk
    with unsealed():
        change("UPDATE audit_event SET subject = 'x' WHERE sequence = 1")
    result = run("verify")
    assert result.exit_code == 1
    assert f"problem event {number}: does not fit its leaf: it was changed" in result.output


def test_a_checkpoint_of_another_log(kept: Path) -> None:
    other = SigningKey.generate("shop.example/log")
    kept.write_text(Checkpoint(other.name, 3, newest().root).signed(other), "utf-8")
    error = run("verify", "--checkpoint", kept).exception
    assert isinstance(error, InvalidInputError)
    assert "is of another log" in str(error)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"a\n3\nb\n", b"x" * 1_000_000])
def test_a_file_that_is_no_checkpoint(content: bytes, kept: Path) -> None:
    kept.write_bytes(content)
    error = run("verify", "--checkpoint", kept).exception
    assert isinstance(error, InvalidInputError)


def test_before_anything_happened() -> None:
    error = run("checkpoint").exception
    assert isinstance(error, InvalidInputError)
    assert "nothing has happened yet" in str(error)
    assert "0 events sealed" in done("verify")


def test_proofs_keys_and_lines(kept: Path) -> None:
    number = Event.objects.get(sequence=1).pk
    write(1)
    seal()
    proof = json.loads(done("prove", number, "--checkpoint", kept))
    assert proof["index"] == 1
    assert proof["checkpoint"] == kept.read_text("utf-8")
    assert json.loads(proof["leaf"])[1] == number
    assert json.loads(done("checkpoint", "--since", kept))["first"] == 3
    assert VerifierKey.parse(done("key").strip()) == signing_key().verifier
    lines = [json.loads(line) for line in done("export", "--kind", "test_note").splitlines()]
    assert [line["sequence"] for line in lines] == [0, 1, 2, 3]
    assert lines[0]["principal"] == {"kind": "user", "id": "7", "name": "anna"}
    assert lines[0]["body"]["details"] == {"text": "茶碗 0"}
    assert lines[0]["at"].endswith("+00:00")
    assert done("export", "--kind", "other") == ""
