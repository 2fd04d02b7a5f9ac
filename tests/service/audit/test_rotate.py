"""Another signing key: what the old one may sign, and what is found where it signs more."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest
from django.db import transaction
from tests.acting import TESTS
from tests.service.audit.test_audit_commands import done, run
from tests.service.audit.test_prove import Stranger
from tests.service.audit.world import ANNA, newest, problems, recorded, write
from tests.stores import unsealed

from mimawari.errors import ForbiddenError, InvalidInputError
from mimawari.ledger import notes
from mimawari.ledger.checkpoint import Checkpoint
from mimawari.ledger.notes import SigningKey, VerifierKey
from mimawari.service.accounts import roles
from mimawari.service.audit import keys, models, storage
from mimawari.service.audit import rotate as rotate_module
from mimawari.service.audit.event_kinds import KEY_ROTATION, KeyRotation
from mimawari.service.audit.keychain import opened
from mimawari.service.audit.prove import prove
from mimawari.service.audit.record import record
from mimawari.service.audit.rotate import rotate
from mimawari.service.audit.sealing import seal
from mimawari.service.audit.verify_end import verify_end

pytestmark = pytest.mark.django_db(transaction=True)
WHY = "once a year"


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder of the test's own: the key in the suite's stays."""
    config = msgspec.structs.replace(keys.settings.CONFIG, state_dir=str(tmp_path / "state"))
    monkeypatch.setattr(keys.settings, "CONFIG", config)
    return tmp_path / "state"


@pytest.fixture
def old() -> SigningKey:
    """The key of three events."""
    write(3)
    seal()
    return keys.signing_key()


def test_the_ledger_verifies_over_several_keys(old: SigningKey, own_folder: Path) -> None:
    kept = storage.newest_note() or ""
    write(1)
    second = rotate(TESTS, WHY)
    assert (second.name, second.id != old.verifier.id) == (old.name, True)
    assert keys.signing_key().verifier == second
    assert sorted(path.name for path in own_folder.iterdir()) == [keys.FILE]
    assert (own_folder / keys.FILE).stat().st_mode & 0o777 == 0o600
    write(2)
    seal()
    third = rotate(TESTS, WHY)
    write(1)
    seal()
    assert problems() == []
    assert verify_end() == []
    assert problems(opened(kept)) == []
    signed = [
        [key_id for _, key_id in notes.signers(note)]
        for note in models.Checkpoint.objects.order_by("size").values_list("note", flat=True)
    ]
    ids = [old.verifier.id, second.id, third.id]
    assert signed == [[ids[0]], ids[:2], [ids[1]], ids[1:], [ids[2]]]


def test_the_event_says_who_and_why_and_bears_the_old_signature(old: SigningKey) -> None:
    new = rotate(TESTS, f" {WHY} ")
    (event,) = recorded("key_rotation")
    assert (event["by"], event["reason"], event["subject"]) == (TESTS.name, WHY, new.id.hex())
    assert event["details"]["old"] == str(old.verifier)
    assert notes.opened(event["details"]["note"], old.verifier) == f"{new}\n"


def test_the_old_key_signs_nothing_more(old: SigningKey) -> None:
    rotate(TESTS, WHY)
    write(1)
    seal()
    head = newest()
    with unsealed():
        models.Checkpoint.objects.filter(size=head.size).update(note=head.signed(old))
    problem = problems()[0]
    assert problem.startswith(f"checkpoint of {head.size}: is signed by {old.name}, not by")


def test_a_host_with_the_old_key_seals_nothing(
    old: SigningKey, own_folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(own_folder, tmp_path / "other")
    rotate(TESTS, WHY)
    shutil.copytree(tmp_path / "other", own_folder, dirs_exist_ok=True)
    write(1)
    with pytest.raises(InvalidInputError, match=r"hands over.*copy the new ledger_key here"):
        seal()
    assert models.Event.objects.filter(sequence=None).count() == 1


def test_a_rotation_that_was_broken_off_goes_on(
    old: SigningKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(rotate_module.keys, "replace", lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            rotate(TESTS, WHY)
    assert keys.signing_key() == old
    write(1)
    with pytest.raises(InvalidInputError, match="run 'mimawari audit key rotate' again"):
        seal()
    new = rotate(TESTS, WHY)
    assert len(recorded("key_rotation")) == 1
    assert keys.signing_key().verifier == new
    assert seal() == 1
    assert problems() == []


def test_a_rotation_that_never_began_uses_the_key_it_kept(old: SigningKey) -> None:
    kept = keys.next_key()
    assert rotate(TESTS, WHY) == kept.verifier
    assert problems() == []


@pytest.mark.parametrize("forged", ["its note", "its signer"])
def test_a_rotation_that_the_old_key_did_not_sign_is_found(forged: str, old: SigningKey) -> None:
    """Whoever has the database and the new key alone cannot make the old one vouch for it."""
    new, other = keys.next_key(), SigningKey.generate(old.name)
    note = old.sign("another\n") if forged == "its note" else other.sign(f"{new.verifier}\n")
    details = KeyRotation(str(old.verifier), str(new.verifier), note)
    with transaction.atomic():
        record(KEY_ROTATION, "x", ANNA, details)
        rotate_module.seal_as(old, new)
    keys.replace()
    assert problems()[0].startswith("the key rotation at place 3: ")


def test_what_is_refused(old: SigningKey) -> None:
    with pytest.raises(InvalidInputError, match="reason: is empty"):
        rotate(TESTS, " ")
    roles.add("anna", None, "auditor", TESTS)
    refused = run("key", "rotate", "--reason", WHY, "--by", "anna").exception
    assert isinstance(refused, ForbiddenError)
    assert "ledger:write" in str(refused)
    assert keys.signing_key() == old


def test_strangers_with_either_key_check_the_head_that_both_signed(
    old: SigningKey, tmp_path: Path
) -> None:
    new = rotate(TESTS, WHY)
    number = models.Event.objects.get(kind="key_rotation").pk
    stranger = Stranger(tmp_path)
    proof = msgspec.json.encode(prove(number))
    for key in (old.verifier, new):
        fine, printed = stranger.check(proof, key=str(key))
        assert fine, printed
        assert str(new) in printed
    assert not stranger.check(proof, key=str(SigningKey.generate(old.name).verifier))[0]


def test_the_commands(old: SigningKey, tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.txt"
    path.write_text(done("checkpoint"), "utf-8")
    assert done("key").strip() == str(old.verifier)
    new = VerifierKey.parse(done("key", "rotate", "--reason", WHY).strip())
    assert done("key").strip() == str(new)
    assert "Nothing was changed" in done("verify", "--checkpoint", path)
    assert done("checkpoint").startswith(old.name)
    forged = Checkpoint(old.name, 3, b"x" * 32)
    path.write_text(forged.signed(keys.signing_key()), "utf-8")
    assert "not by" in str(run("verify", "--checkpoint", path).exception), "of the old key's time"
