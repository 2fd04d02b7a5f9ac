"""Whatever a detector of others does, the others and the rules go on."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.outside.packages import FAULTY, make_package
from tests.small_model import small_model

from mimawari.detectors.loading import Model, load_model
from mimawari.detectors.outside import Limits, OutsideDetector, allow_kinds
from mimawari.detectors.outside.asking import FaultError
from mimawari.detectors.suite import Suite
from mimawari.errors import InvalidInputError
from mimawari.listings.batch import ListingBatch
from mimawari.listings.listing import Listing

QUICK = Limits(seconds=1.0, faults=2, first_rest=0.05, longest_rest=0.2, megabytes=1_024)
NAME = "faulty-kinds:faulty"


def listings(*titles: str) -> list[Listing]:
    return [
        Listing(id=str(i), version=1, seller_id="s", title=title) for i, title in enumerate(titles)
    ]


CUPS = listings("a cup", "a red cup", "a blue cup")


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return load_model(small_model(tmp_path_factory.mktemp("other") / "model", topic="drugs"))


@pytest.fixture
def faulty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    site = tmp_path / "site"
    site.mkdir()
    make_package(site, "faulty-kinds", FAULTY, {"faulty": "faulty_kinds:KIND"})
    monkeypatch.syspath_prepend(str(site))
    allow_kinds([NAME], QUICK)
    import faulty_kinds

    yield faulty_kinds
    allow_kinds([])


def loaded(faulty: Any, tmp_path: Path, how: str, at: str = "") -> OutsideDetector:
    faulty.write(tmp_path / "model", how, at)
    model = load_model(tmp_path / "model")
    assert isinstance(model, OutsideDetector)
    return model


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("raises", "ValueError: it is broken"),
        ("hangs", "no answer within 1 s"),
        ("fills the memory", "MemoryError"),
        ("exits", "ended with 7"),
        ("leaves", "SystemExit: 3"),
        ("nan", "NaN"),
        ("infinity", "infinite"),
        ("above", "outside of 0 to 1"),
        ("flat", "have shape"),
        ("short", "have shape"),
        ("doubles", "float64, not float32"),
        ("list", "of type list"),
    ],
)
def test_its_column_is_missing_with_the_reason_and_the_others_go_on(
    faulty: Any, other: Model, tmp_path: Path, how: str, reason: str
) -> None:
    at = "red" if how in ("hangs", "exits") else ""  # such a one does not load by every listing
    model = loaded(faulty, tmp_path, how, at)
    suite = Suite(None, [model, other])
    batch = ListingBatch.of(CUPS)
    scores = suite.score(batch)
    assert reason in scores.failures["weapons"]
    assert np.isnan(scores.model[:, suite.topics.index("weapons")]).all()
    expected = Suite(None, [other]).score(batch).model[:, 0]
    assert np.array_equal(scores.model[:, suite.topics.index("drugs")], expected)
    assert reason in suite.notices["weapons"]


@pytest.mark.parametrize("how", ["raises", "nan", "short", "doubles"])
def test_a_listing_that_spoils_scores_takes_nothing_from_the_others(
    faulty: Any, tmp_path: Path, how: str
) -> None:
    model = loaded(faulty, tmp_path, how, at="poison")
    titles = [f"cup {i}" for i in range(40)]
    titles[17] = "poison"
    for _ in range(2 * QUICK.faults):  # sellers who repeat it take nothing either
        scores = model.score(ListingBatch.of(listings(*titles)))[:, 0]
        assert np.flatnonzero(np.isnan(scores)).tolist() == [17]
        assert np.isnan(model.score(ListingBatch.of(listings("poison")))).all()
    assert "1 of 1 without a score" in model.notice


def test_what_it_prints_is_no_answer_and_it_sees_no_secret(
    faulty: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIMAWARI_DATABASE_URL", "postgresql://u:secret@h/db")
    batch = ListingBatch.of(CUPS)
    assert (loaded(faulty, tmp_path / "1", "prints").score(batch) == 0.5).all()
    assert (loaded(faulty, tmp_path / "2", "environment").score(batch) == 0).all()


def test_after_some_faults_it_rests_and_then_recovers(faulty: Any, tmp_path: Path) -> None:
    model = loaded(faulty, tmp_path, "hangs", at="poison")
    poison = ListingBatch.of(listings("poison"))
    began = time.monotonic()
    with pytest.raises(FaultError, match="no answer within 1 s"):
        model.score(poison)
    assert time.monotonic() - began < 5
    began = time.monotonic()
    with pytest.raises(FaultError, match="asked nothing for now, after: no answer"):
        model.score(poison)
    assert time.monotonic() - began < 0.5  # nobody waits for one that rests
    assert _until_scored(model) == [0.25, 0.25, 0.25]
    assert not model.notice


def _until_scored(model: OutsideDetector, most: float = 60.0) -> list[float]:
    until = time.monotonic() + most
    while time.monotonic() < until:
        try:
            return [float(score) for score in model.score(ListingBatch.of(CUPS))[:, 0]]
        except FaultError:
            time.sleep(0.02)
    raise AssertionError("it did not recover")


def test_its_process_ends_with_the_detector(faulty: Any, tmp_path: Path) -> None:
    model = loaded(faulty, tmp_path, "fine")
    pid = model.pid
    assert pid is not None
    assert Path(f"/proc/{pid}").exists()
    del model
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_explanations_are_bounded_and_their_faults_stay_inside(faulty: Any, tmp_path: Path) -> None:
    batch = ListingBatch.of(CUPS)
    model = loaded(faulty, tmp_path / "1", "fine")
    for _ in range(2 * QUICK.faults):
        assert model.explain(batch, 0, "weapons").spans == ()
    assert not model.notice  # it goes on scoring
    assert (model.score(batch) == 0.5).all()
    (span,) = loaded(faulty, tmp_path / "2", "explains wildly").explain(batch, 0, "weapons").spans
    assert (span.start, span.end, len(span.source)) == (0, 1, 80)


def test_an_installed_package_is_not_allowed_by_that(faulty: Any, tmp_path: Path) -> None:
    faulty.write(tmp_path / "model")
    for names in ([], ["other-package:faulty"], ["faulty-kinds:other"]):
        allow_kinds(names)
        with pytest.raises(InvalidInputError, match=r"is installed and not allowed.*faulty-kinds"):
            load_model(tmp_path / "model")
    with pytest.raises(InvalidInputError, match="names no kind"):
        allow_kinds(["faulty"])


def test_two_packages_of_one_kind_are_refused_where_both_are_allowed(
    faulty: Any, tmp_path: Path
) -> None:
    make_package(tmp_path / "site", "second-kinds", FAULTY, {"faulty": "second_kinds:KIND"})
    faulty.write(tmp_path / "model")
    assert load_model(tmp_path / "model").topic == "weapons"
    allow_kinds([NAME, "second-kinds:faulty"], QUICK)
    with pytest.raises(InvalidInputError, match="is brought by faulty-kinds:faulty and second"):
        load_model(tmp_path / "model")


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"model.pkl": b"x"}, "is of no form"),
        ({"run.py": b"x"}, "is of no form"),
        ({"x.json": b"\x80\x04\x95"}, "holds code"),
        ({"x.npy": b"\x93NUMPY no array"}, "holds code"),
        ({"x.txt": b"#!/bin/sh"}, "holds code"),
    ],
)
def test_a_folder_holds_data_alone(
    faulty: Any, tmp_path: Path, files: dict[str, bytes], problem: str
) -> None:
    faulty.write(tmp_path / "model", files=files)
    with pytest.raises(InvalidInputError, match=problem):
        load_model(tmp_path / "model")


def test_one_that_hangs_or_ends_while_it_is_loaded_is_refused(faulty: Any, tmp_path: Path) -> None:
    for how, seconds, reason in (
        ("hangs", 1, "no answer within 1 s"),
        ("exits", 60, "ended with 7"),
    ):
        allow_kinds([NAME], Limits(start_seconds=seconds))
        with pytest.raises(InvalidInputError, match=f"does not load: .*{reason}"):
            loaded(faulty, tmp_path / how, how)


def test_an_array_of_objects_is_refused(faulty: Any, tmp_path: Path) -> None:
    import io

    held = io.BytesIO()
    np.save(held, np.array([{}], dtype=object), allow_pickle=True)
    faulty.write(tmp_path / "model", files={"x.npy": held.getvalue()})
    with pytest.raises(InvalidInputError, match="holds code"):
        load_model(tmp_path / "model")


def test_another_fingerprint_or_a_changed_byte_is_refused(faulty: Any, tmp_path: Path) -> None:
    faulty.write(tmp_path / "1", fingerprint="faulty-0")
    with pytest.raises(InvalidInputError, match="has fingerprint faulty-0"):
        load_model(tmp_path / "1")
    faulty.write(tmp_path / "2")
    (tmp_path / "2" / "x.json").write_bytes(b"[]")
    with pytest.raises(InvalidInputError, match="has changed since"):
        load_model(tmp_path / "2")
