"""A model's card, its releases as statements, and its folder signed for `model_signing`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from tests.acting import TESTS
from tests.small_model import small_model

from mimawari.detectors.resources import subject_of
from mimawari.errors import InvalidInputError
from mimawari.evaluation.cards import as_cyclonedx
from mimawari.ledger.attestations import AttestationKey, opened
from mimawari.records.lineage import Lineage
from mimawari.service.audit.models import Event
from mimawari.service.audit.verify import verify
from mimawari.service.releases.activating import activate_topic_file
from mimawari.service.releases.activating_models import activate_model
from mimawari.service.releases.attesting import (
    release_key,
    release_statements,
    sign_model,
    sign_statements,
)
from mimawari.service.releases.cards import card_of

pytestmark = pytest.mark.django_db(transaction=True)
Make = Callable[..., Path]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    lineage = Lineage(by="ann", data="ab" * 32, rows=400, package="mimawari 0.1.0")
    return small_model(tmp_path_factory.mktemp("card") / "model", lineage=lineage)


@pytest.fixture
def version(folder: Path, topic_file: Make) -> str:
    activate_topic_file(topic_file(word="pistol"), TESTS, "why")
    activate_model(folder, TESTS, "it is better")
    return subject_of(folder).name


def verified(model: Path, signature: Path, key: Path) -> subprocess.CompletedProcess[str]:
    """Run the real tool."""
    words = ("verify", "key", str(model), "--signature", str(signature), "--public_key", str(key))
    return subprocess.run(
        [sys.executable, "-m", "model_signing", *words],
        capture_output=True,
        text=True,
        timeout=120,
        env={k: v for k, v in os.environ.items() if not k.startswith("OTEL")},
        check=False,
    )


def test_model_signing_verifies_what_we_sign_and_finds_a_changed_byte(
    version: str, tmp_path: Path
) -> None:
    signed = sign_model(version, TESTS)
    signature, key, copy = tmp_path / "m.sig", tmp_path / "key.pem", tmp_path / "copy"
    signature.write_bytes(signed.bundle)
    key.write_text(signed.public_key)
    shutil.copytree(signed.folder, copy)
    ran = verified(copy, signature, key)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    changed = next(path for path in sorted(copy.rglob("*")) if path.is_file())
    changed.write_bytes(changed.read_bytes() + b" ")
    assert verified(copy, signature, key).returncode != 0
    shutil.copytree(signed.folder, copy, dirs_exist_ok=True)
    (copy / "extra.txt").write_text("x")
    assert verified(copy, signature, key).returncode != 0
    (copy / "extra.txt").unlink()
    key.write_text(AttestationKey.generate().public)
    assert verified(copy, signature, key).returncode != 0


def test_a_damaged_folder_is_not_signed(version: str) -> None:
    damaged = next(path for path in sorted(sign_model(version, TESTS).folder.rglob("*.json")))
    damaged.write_bytes(damaged.read_bytes() + b" ")
    with pytest.raises(InvalidInputError):
        sign_model(version, TESTS)
    shutil.rmtree(damaged.parent)


def test_each_release_is_a_statement_with_its_event(version: str) -> None:
    *_, last = release_statements(version)
    assert last.predicate["by"] == TESTS.name
    assert last.predicate["reason"] == "it is better"
    assert last.predicate["stage"] == "champion"
    made = last.predicate["madeFrom"]
    assert isinstance(made, dict)
    assert (made["code"], made["data"]) == ("mimawari 0.1.0", {"sha256": "ab" * 32})
    event = Event.objects.get(pk=last.predicate["ledgerEvent"])
    assert event.kind == "release"
    signed = sign_model(version, TESTS)
    assert last.subject == opened(signed.bundle, signed.public_key).subject
    *_, bundle = sign_statements(version, TESTS)
    assert opened(bundle, release_key().public) == last
    with pytest.raises(InvalidInputError, match="not signed by this key"):
        opened(bundle, AttestationKey.generate().public)
    with pytest.raises(InvalidInputError, match=r"is not signed|cannot be read"):
        opened(bundle.replace(b'"payload":"ey', b'"payload":"ez'), release_key().public)


def test_signing_is_on_record_and_the_key_is_its_owners(version: str, settings: object) -> None:
    sign_model(version, TESTS)
    assert Event.objects.filter(kind="model_signature", subject=version).count() == 1
    path = Path(settings.CONFIG.state_dir) / "release_key"  # type: ignore[attr-defined]
    assert path.stat().st_mode & 0o077 == 0
    assert "PRIVATE" not in repr(release_key())
    assert not [one for one in verify().problems if "model_signature" in str(one)]


def test_the_card_has_files_libraries_and_data(version: str) -> None:
    card = card_of(version)
    assert card.digest == release_statements(version)[0].subject[0].digest["sha256"]
    assert "manifest.json" in card.files
    assert "numpy" in card.libraries
    assert (card.data.sha256, card.data.rows) == ("ab" * 32, 400)
    assert card.stages[-1] == "champion"
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    assert validator.validate_str(json.dumps(as_cyclonedx(card))) is None


def test_an_unknown_model_has_none(db: None) -> None:
    with pytest.raises(InvalidInputError, match="is not registered"):
        card_of("weapons-000000000000")
