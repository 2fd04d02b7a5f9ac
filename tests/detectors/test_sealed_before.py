"""Models sealed before lineages were typed keep their bytes, and so their versions.

The folders were written by the code of that time and are never written again. Where the feature
space itself changes, `load_model` refuses them, rightly: only the first test holds then.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from mimawari.detectors import sealed
from mimawari.detectors.ensemble.detector import EnsembleDetector
from mimawari.detectors.gbdt import artifact
from mimawari.detectors.loading import load_model

BEFORE = Path(__file__).parent / "sealed_before"
VERSIONS = {
    "gbdt": "lava_lamps-14cf08c6b416",
    "gmu": "lava_lamps-a1d4a070151a",
    "sentences": "lava_lamps-b4fe2e851a6f",
    "ensemble": "lava_lamps-dec57d5f74aa",
}


@pytest.mark.parametrize("kind", VERSIONS)
def test_what_was_read_is_written_the_same(kind: str, tmp_path: Path) -> None:
    before = sealed.read(BEFORE / kind, kind)
    manifest = before.manifest
    version = sealed.write(
        tmp_path,
        kind,
        manifest.topic,
        manifest.fingerprint,
        before.contents,
        manifest.parameters,
        before.lineage,
    )
    assert version == before.version == VERSIONS[kind]
    for path in BEFORE.joinpath(kind).rglob("*"):
        if path.is_file():
            again = tmp_path / path.relative_to(BEFORE / kind)
            assert again.read_bytes() == path.read_bytes(), path


@pytest.mark.parametrize("kind", VERSIONS)
def test_it_loads_and_keeps_its_version(kind: str) -> None:
    model = load_model(BEFORE / kind, VERSIONS[kind])
    assert model.version == VERSIONS[kind]
    assert model.lineage.by == "ann"
    assert model.lineage.labels_until == "2026-02-28T00:00:00+00:00"
    if isinstance(model, EnsembleDetector):
        assert set(model.members) == {"linear", "sentences"}
    else:
        assert model.lineage.rows == 240


def test_what_a_stranger_noted_is_still_there() -> None:
    notes = load_model(BEFORE / "sentences").lineage.notes
    assert notes == {
        "shop": {"counts": [1, 2.5, None, True], "words": "東京"},
        "rows_seen": "240",
        "ticket": None,
    }


def test_trees_are_saved_again_byte_by_byte(tmp_path: Path) -> None:
    assert artifact.save(artifact.load(BEFORE / "gbdt"), tmp_path) == VERSIONS["gbdt"]
