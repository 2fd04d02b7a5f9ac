"""Models sealed before lineages were typed keep their bytes, and so their versions.

The folders were written by the code of that time and are never written again. The feature space
has changed since (words are folded otherwise), so a program of today scores with none of them: it
refuses them by name and says what to do, whatever else they hold.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from mimawari.detectors import sealed
from mimawari.detectors.ensemble.artifact import Parameters
from mimawari.detectors.loading import load_model
from mimawari.errors import InvalidInputError

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
def test_what_it_was_trained_on_is_still_known(kind: str) -> None:
    lineage = sealed.read(BEFORE / kind, kind).lineage
    assert lineage.by == "ann"
    assert lineage.labels_until == "2026-02-28T00:00:00+00:00"
    if kind != "ensemble":
        assert lineage.rows == 240


@pytest.mark.parametrize("kind", VERSIONS)
def test_scores_of_another_feature_space_are_refused(kind: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        load_model(BEFORE / kind, VERSIONS[kind])
    (problem,) = refused.value.problems
    assert problem.field.endswith("manifest.json")
    assert "has fingerprint" in problem.problem
    assert problem.remedy == "train again with this version of mimawari"


def test_the_lines_of_members_are_those_that_were_written() -> None:
    before = sealed.read(BEFORE / "ensemble", "ensemble")
    written = before.manifest.parameters["scales"]
    scales = before.parameters(Parameters).scales
    assert {name: msgspec.to_builtins(scale) for name, scale in scales.items()} == written
    members = (BEFORE / "ensemble" / "members").iterdir()
    for folder in members:  # they served without a background, and need none
        assert "background" not in sealed.read_manifest(folder)[0].lineage


def test_what_a_stranger_noted_is_still_there() -> None:
    notes = sealed.read(BEFORE / "sentences", "sentences").lineage.notes
    assert notes == {
        "shop": {"counts": [1, 2.5, None, True], "words": "東京"},
        "rows_seen": "240",
        "ticket": None,
    }
