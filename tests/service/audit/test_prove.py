"""Proofs for strangers: checked by the very program that docs/audit.md prints."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from tests.service.audit.world import ANNA, change, newest, write
from tests.stores import unsealed

from mimawari.errors import InvalidInputError
from mimawari.ledger.merkle import extends
from mimawari.service.audit import storage
from mimawari.service.audit.erase import erase_events
from mimawari.service.audit.keys import signing_key
from mimawari.service.audit.prove import extension, prove
from mimawari.service.audit.sealing import seal

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = Path(__file__).parents[3] / "docs" / "audit.md"


class Stranger:
    """Has a program, a checkpoint and a key; never the store."""

    def __init__(self, folder: Path) -> None:
        (self.program,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
        self.folder, self.key = folder, str(signing_key().verifier)
        self.note = storage.newest_note() or ""

    def check(self, proof: bytes, note: str = "", key: str = "") -> tuple[bool, str]:
        """Run the program; gives whether it is content, and what it prints."""
        for name, text in (("check.py", self.program), ("checkpoint.txt", note or self.note)):
            (self.folder / name).write_text(text, "utf-8")
        (self.folder / "proof.json").write_bytes(proof)
        words = [sys.executable, "check.py", "proof.json", "checkpoint.txt", key or self.key]
        run = subprocess.run(words, cwd=self.folder, capture_output=True, text=True, check=False)
        return run.returncode == 0, run.stdout + run.stderr


@pytest.fixture
def numbers() -> list[int]:
    made = write(300)
    seal()
    made += write(3)
    seal()
    return made


@pytest.fixture
def stranger(numbers: list[int], tmp_path: Path) -> Stranger:
    return Stranger(tmp_path)


def test_the_program_has_thirty_lines_or_so(stranger: Stranger) -> None:
    lines = [line for line in stranger.program.splitlines() if line and not line.startswith("#")]
    assert len(lines) <= 30


@pytest.mark.parametrize("place", [0, 255, 256, 299, 302])
def test_a_stranger_checks_an_event(place: int, numbers: list[int], stranger: Stranger) -> None:
    fine, printed = stranger.check(msgspec.json.encode(prove(numbers[place])))
    assert fine, printed
    assert f"by user 7 is event {numbers[place]} of {signing_key().name}" in printed
    assert "茶碗" in printed


def test_a_stranger_finds_what_is_not_so(numbers: list[int], stranger: Stranger) -> None:
    proof = prove(numbers[7])
    changes = {
        "leaf": proof.leaf.replace("test_note", "other"),
        "index": 8,
        "path": proof.path[:-1],
        "body": proof.body and proof.body.replace("茶碗 7", "茶碗 8"),
        "salt": "00" * 32,
    }
    for name, value in changes.items():
        wrong = msgspec.structs.replace(proof, **{name: value})
        assert not stranger.check(msgspec.json.encode(wrong))[0], name
    right = msgspec.json.encode(proof)
    assert stranger.check(right)[0]
    assert not stranger.check(right, note=stranger.note.replace("303", "304"))[0]
    other = "mimawari.local/x" + stranger.key[stranger.key.index("+") :]
    assert not stranger.check(right, key=other)[0]


def test_an_erased_event_is_still_proved(numbers: list[int], stranger: Stranger) -> None:
    erase_events(numbers[7:8], ANNA, "asked")
    fine, printed = stranger.check(msgspec.json.encode(prove(numbers[7])))
    assert fine, printed
    assert printed.endswith(": None\n")


def test_an_older_checkpoint_serves(numbers: list[int], stranger: Stranger) -> None:
    kept = newest()
    write(5)
    seal()
    fine, printed = stranger.check(msgspec.json.encode(prove(numbers[301], kept)))
    assert fine, printed


def test_today_s_log_begins_with_an_older_one(numbers: list[int]) -> None:
    older = newest()
    write(40)
    seal()
    proof = extension(older.size)
    path = [bytes.fromhex(text) for text in proof.path]
    assert extends(older.size, newest().size, path, older.root, newest().root)
    with pytest.raises(InvalidInputError, match="some were cut off"):
        extension(10_000)


def test_what_cannot_be_proved(numbers: list[int]) -> None:
    (waiting,) = write(1)
    with pytest.raises(InvalidInputError, match="not in the log of 303 events"):
        prove(waiting)
    with pytest.raises(InvalidInputError, match="99999 is none"):
        prove(99_999)
    kept = newest()
    with unsealed():
        change("UPDATE audit_tile SET hashes = %s WHERE level = 0 AND number = 1", b"x" * 32 * 47)
    with pytest.raises(InvalidInputError, match="does not fit"):
        prove(numbers[0], kept)
