from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from mimawari.detectors import sealed
from mimawari.detectors.loading import KINDS, load_model
from mimawari.errors import InvalidInputError
from mimawari.records.lineage import Lineage


class Two(msgspec.Struct):
    a: int
    b: int


def written(folder: Path, kind: str = "toy") -> str:
    files = {"one.txt": b"1", "part/two.txt": b"2"}
    return sealed.write(folder, kind, "lamps", "f" * 16, files, {"a": 1, "b": 2}, Lineage(by="ann"))


def test_reads_what_was_written_with_files_in_folders(tmp_path: Path) -> None:
    version = written(tmp_path / "m")
    found = sealed.read(tmp_path / "m", "toy", version)
    assert found.version == version
    assert found.contents == {"one.txt": b"1", "part/two.txt": b"2"}
    assert found.parameters(Two) == Two(1, 2)
    assert found.manifest.lineage == {"by": "ann"}


def test_a_changed_missing_or_foreign_file_is_named(tmp_path: Path) -> None:
    written(tmp_path)
    (tmp_path / "part" / "two.txt").write_bytes(b"3")
    with pytest.raises(InvalidInputError, match=r"part/two\.txt: has changed"):
        sealed.read(tmp_path, "toy")
    (tmp_path / "part" / "two.txt").unlink()
    with pytest.raises(InvalidInputError, match=r"part/two\.txt: is missing"):
        sealed.read(tmp_path, "toy")
    (tmp_path / "part" / "run.py").write_text("pass")
    with pytest.raises(InvalidInputError, match=r"part/run\.py: is not part"):
        sealed.read(tmp_path, "toy")


def test_what_the_manifest_lists_cannot_leave_the_folder(tmp_path: Path) -> None:
    (tmp_path / "outside.txt").write_bytes(b"1")
    written(tmp_path / "m")
    path = tmp_path / "m" / sealed.MANIFEST
    manifest = json.loads(path.read_text())
    manifest["files"]["../outside.txt"] = manifest["files"]["one.txt"]
    path.write_text(json.dumps(manifest))
    with pytest.raises(InvalidInputError, match="is missing"):
        sealed.read(tmp_path / "m", "toy")


def test_other_kinds_versions_and_parameters_are_refused(tmp_path: Path) -> None:
    written(tmp_path)
    with pytest.raises(InvalidInputError, match="is of a 'toy' model, not 'gbdt'"):
        sealed.read(tmp_path, "gbdt")
    with pytest.raises(InvalidInputError, match="is of model lamps-"):
        sealed.read(tmp_path, "toy", "lamps-000000000000")
    with pytest.raises(InvalidInputError, match="parameters"):
        sealed.read(tmp_path, "toy").parameters(sealed.Manifest)
    with pytest.raises(InvalidInputError, match="this program knows"):
        load_model(tmp_path)
    assert "gbdt" in KINDS


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InvalidInputError, match="is not empty"):
        written(tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("linked", [".", sealed.MANIFEST, "one.txt", "part", "part/two.txt"])
def test_symbolic_links_are_refused(tmp_path: Path, linked: str) -> None:
    """What a link points to may change after it was verified, and lies in another folder."""
    written(tmp_path / "m")
    place, elsewhere = tmp_path / "m" / linked, tmp_path / "elsewhere"
    place.rename(elsewhere)
    place.symlink_to(elsewhere)
    with pytest.raises(InvalidInputError, match="is a symbolic link"):
        sealed.read(tmp_path / "m", "toy")
    place.unlink()
    elsewhere.rename(place)
    assert sealed.read(tmp_path / "m", "toy").contents["one.txt"] == b"1"
