"""What models stand on, and what breaks if it goes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.acting import TESTS
from tests.small_model import small_model
from typer.testing import CliRunner

from mimawari.cli.main import app
from mimawari.detectors.golden import read_golden
from mimawari.detectors.parts import parts_of
from mimawari.errors import InvalidInputError
from mimawari.records.composition import Part, PartKind
from mimawari.records.lineage import Lineage
from mimawari.service.accounts import roles
from mimawari.service.catalogue.models import ModelPart
from mimawari.service.catalogue.parts import note_parts, parts_of_model, using
from mimawari.service.releases.activating import activate_topic_file, register_model
from mimawari.service.releases.activating_models import activate_model

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def trees(tmp_path_factory: pytest.TempPathFactory) -> Path:
    lineage = Lineage(by="ann", data_set="weapons-0123456789ab", package="mimawari 1")
    return small_model(tmp_path_factory.mktemp("m") / "gbdt", "gbdt", lineage=lineage)


@pytest.fixture(scope="module")
def ensemble(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_model(tmp_path_factory.mktemp("m") / "ensemble", "ensemble")


@pytest.fixture
def topic(topic_file: Callable[..., Path]) -> None:
    activate_topic_file(topic_file(), TESTS, "set-up")


def names(parts: tuple[Part, ...], kind: PartKind) -> list[str]:
    return [part.name for part in parts if part.kind == kind]


def test_a_folder_says_what_it_stands_on(trees: Path) -> None:
    parts = parts_of(trees)
    golden = read_golden(trees)
    assert golden is not None
    assert names(parts, PartKind.READINGS) == [golden.made_on.readings]
    assert names(parts, PartKind.DATA_SET) == ["weapons-0123456789ab"]
    assert names(parts, PartKind.PACKAGE) == ["mimawari 1"]


def test_an_ensemble_stands_on_its_members_and_on_theirs(ensemble: Path) -> None:
    parts = parts_of(ensemble)
    members = names(parts, PartKind.MEMBER)
    assert members
    assert all(version.startswith("weapons-") for version in members)


def test_who_stands_on_a_part_is_found(topic: None, trees: Path, ensemble: Path) -> None:
    first, second = register_model(trees, TESTS), register_model(ensemble, TESTS)
    (readings,) = names(parts_of(trees), PartKind.READINGS)
    both = {first, second}
    assert set(using(f"readings:{readings}").values_list("pk", flat=True)) == both
    assert set(using(readings[:8]).values_list("pk", flat=True)) == both
    assert list(using("data_set:weapons-0123456789ab").values_list("pk", flat=True)) == [first]
    assert not using("data_set:weapons-01234567").exists(), "only hashes may be cut"
    assert not using("feature:no_such").exists()
    assert tuple(parts_of_model(first)) == parts_of(trees)
    register_model(trees, TESTS)
    assert ModelPart.objects.filter(model=first).count() == len(parts_of(trees))
    with pytest.raises(InvalidInputError, match="is no kind of part"):
        using("planet:mars")


def test_page_command_and_list_show_it(topic: None, trees: Path, ensemble: Path) -> None:
    activate_model(trees, TESTS, "first")
    version = register_model(trees, TESTS)
    register_model(ensemble, TESTS)
    grace = Client()
    grace.force_login(roles.add("grace", None, "ml_engineer", TESTS))
    page = grace.get(f"/models/{version}").content.decode()
    assert "data_set%3Aweapons-0123456789ab" in page
    listed = grace.get("/models?part=data_set:weapons-0123456789ab").content.decode()
    assert version in listed
    assert "1 model<" in listed
    assert grace.get("/models?part=planet:mars").status_code == 400
    said = CliRunner().invoke(app, ["models", "using", "data_set:weapons-0123456789ab"])
    assert said.exit_code == 0, said.output
    assert "1 models stand on it, 1 of them in force." in said.output


def test_a_part_of_many_is_found_by_one_query(topic: None, trees: Path) -> None:
    version = register_model(trees, TESTS)
    note_parts(version, [Part(PartKind.FEATURE, f"f{i}") for i in range(1_000)])
    with CaptureQueriesContext(connection) as queries:
        assert list(using("feature:f7").values_list("pk", flat=True)) == [version]
    assert len(queries) == 1
