"""A model in a process of its own: it loads and says the same, or the reason is told."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest
from tests.small_model import small_model

from mimawari.detectors import sealed
from mimawari.detectors.golden import GOLDEN, Golden, read_golden
from mimawari.detectors.sealed import read_manifest
from mimawari.evaluation.validation.fresh import WITHOUT, Fresh, figures_of, try_fresh
from mimawari.listings.normalise import Readings, use_readings


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_model(tmp_path_factory.mktemp("fresh") / "model")


def tried(folder: Path) -> Fresh:
    return try_fresh(folder, read_manifest(folder)[1])


def test_a_sound_model_says_the_same_in_bounded_time_and_memory(folder: Path) -> None:
    fresh = tried(folder)
    assert (fresh.problem, fresh.off, fresh.environment) == ("", 0.0, ())
    figures, absent = figures_of(fresh)
    by_name = {figure.measure: figure for figure in figures}
    assert not absent
    assert by_name["golden_scores"].value == 0
    assert 0 < by_name["milliseconds"].value < 1_000
    assert 0 < by_name["megabytes"].value < 10_000


def test_it_folds_by_the_readings_in_force_here(tmp_path: Path) -> None:
    """Else no model of an installation with readings of its own could be validated."""
    use_readings(Readings.of({"glock": ["グロック", "glorck"]}))
    try:
        fresh = tried(small_model(tmp_path / "model"))
    finally:
        use_readings(None)
    assert (fresh.problem, fresh.off, fresh.environment) == ("", 0.0, ())


def with_scores(folder: Path, off: float) -> Golden:
    golden = read_golden(folder)
    assert golden is not None
    scores = tuple(None if s is None else s + off for s in golden.scores)
    return msgspec.structs.replace(golden, scores=scores)


def test_other_scores_fail_the_gate_with_the_listing(folder: Path, tmp_path: Path) -> None:
    other = shutil.copytree(folder, tmp_path / "other")
    sealed.add(other, GOLDEN, msgspec.json.encode(with_scores(folder, 0.01)))
    (golden, *_), _ = figures_of(tried(other))
    assert golden.value == pytest.approx(0.01, rel=1e-3)
    assert "off by 1.0e-02 at '" in golden.statement


def test_a_changed_byte_is_told_and_counts_as_another_score(folder: Path, tmp_path: Path) -> None:
    changed = shutil.copytree(folder, tmp_path / "changed")
    with (changed / "weights.npz").open("ab") as file:
        file.write(b"x")
    (golden,), absent = figures_of(tried(changed))
    assert golden.value == 1.0
    assert "has changed since it was trained" in golden.statement
    assert set(absent) == {"milliseconds", "megabytes"}


def test_a_model_without_golden_scores_is_not_measured(folder: Path, tmp_path: Path) -> None:
    before = shutil.copytree(folder, tmp_path / "before")
    (before / GOLDEN).unlink()
    manifest, _ = read_manifest(before)
    files = {name: digest for name, digest in manifest.files.items() if name != GOLDEN}
    older = msgspec.structs.replace(manifest, files=files)
    (before / sealed.MANIFEST).write_bytes(msgspec.json.encode(older))
    figures, absent = figures_of(tried(before))
    assert [figure.measure for figure in figures] == ["milliseconds", "megabytes"]
    assert absent == {"golden_scores": WITHOUT}


def test_a_process_that_takes_too_long_is_ended(folder: Path) -> None:
    fresh = try_fresh(folder, read_manifest(folder)[1], most_seconds=0.01)
    assert "took more than 0.01 s" in fresh.problem


def test_a_process_that_dies_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONHOME", "/nowhere")
    assert "a fresh process does not load it" in tried(folder).problem
