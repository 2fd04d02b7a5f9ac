"""What a model consists of, read from folders that an earlier version wrote."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import msgspec
import pytest

from mimawari.detectors.composition import composition_of
from mimawari.errors import InvalidInputError
from mimawari.records.composition import decode_composition

BEFORE = Path(__file__).parent / "sealed_before"


def test_an_ensemble_names_its_members() -> None:
    composition = composition_of(BEFORE / "ensemble")
    assert composition.kind == "ensemble"
    kinds = {name: member.kind for name, member in composition.members.items()}
    assert kinds == {"linear": "gbdt", "sentences": "sentences"}
    linear = composition.members["linear"]
    assert (linear.version, linear.fingerprint) == ("lava_lamps-14ca8cb95978", "b1db4db3526ff586")
    assert linear.lineage["rows"] == 240
    assert decode_composition(msgspec.json.encode(composition).decode()) == composition


@pytest.mark.parametrize("kind", ["gbdt", "gmu", "sentences"])
def test_other_kinds_have_no_members(kind: str) -> None:
    composition = composition_of(BEFORE / kind)
    assert (composition.kind, composition.members) == (kind, {})


def test_a_folder_that_is_no_ensemble_is_refused(tmp_path: Path) -> None:
    folder = shutil.copytree(BEFORE / "ensemble", tmp_path / "copy")
    shutil.rmtree(folder / "members" / "linear")
    with pytest.raises(InvalidInputError, match="is missing"):
        composition_of(folder)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    manifest["parameters"] = {"members": ["linear"]}
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(InvalidInputError, match="parameters"):
        composition_of(folder)
