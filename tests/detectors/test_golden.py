"""Another process comes to what a model said where it was trained, or says how far it is off."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest
from tests.small_model import small_model

from mimawari.detectors import sealed
from mimawari.detectors.golden import GOLDEN, Environment, compare_golden, read_golden
from mimawari.detectors.golden.listings import golden_listings
from mimawari.detectors.loading import load_model
from mimawari.errors import InvalidInputError
from mimawari.listings.listing import Listing

AGAIN = """
import sys
from pathlib import Path
from mimawari.detectors.golden import compare_golden, read_golden
from mimawari.detectors.loading import load_model
folder = Path(sys.argv[1])
difference = compare_golden(load_model(folder), read_golden(folder))
print(difference.greatest, len(difference.environment))
"""


@pytest.fixture(scope="module", params=["linear", "gbdt"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_model(tmp_path_factory.mktemp("golden") / request.param, request.param)


def test_a_fresh_process_comes_to_the_same_bits(folder: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", AGAIN, str(folder)], capture_output=True, text=True, check=True
    )
    assert ran.stdout.split() == ["0.0", "0"]


def test_no_seller_and_no_trained_listing_is_in_them(folder: Path) -> None:
    golden = read_golden(folder)
    assert golden is not None
    assert golden.listings == golden_listings()
    assert {listing.seller_id[:7] for listing in golden.listings} == {"golden-"}
    assert len({s for s in golden.scores if s is not None}) > 20, "they tell models apart"


def test_the_version_seals_them(folder: Path, tmp_path: Path) -> None:
    changed = shutil.copytree(folder, tmp_path / "changed")
    (changed / GOLDEN).write_bytes((folder / GOLDEN).read_bytes().replace(b"golden-1", b"golden-0"))
    with pytest.raises(InvalidInputError, match="has changed since it was trained"):
        load_model(changed)


def test_a_model_of_before_loads_without(folder: Path, tmp_path: Path) -> None:
    before = shutil.copytree(folder, tmp_path / "before")
    (before / GOLDEN).unlink()
    manifest, _ = sealed.read_manifest(before)
    files = {name: digest for name, digest in manifest.files.items() if name != GOLDEN}
    older = msgspec.structs.replace(manifest, files=files)
    (before / sealed.MANIFEST).write_bytes(msgspec.json.encode(older))
    assert read_golden(before) is None
    load_model(before)


def test_what_differs_is_named(folder: Path) -> None:
    model, golden = load_model(folder), read_golden(folder)
    assert golden is not None
    scores = list(golden.scores)
    scores[7] = (scores[7] or 0.0) + 2e-6
    off = compare_golden(model, msgspec.structs.replace(golden, scores=tuple(scores)))
    assert off.greatest == pytest.approx(2e-6, rel=0.05)
    assert off.listing == golden.listings[7].title
    assert not off.matches
    scores[7] = None
    silent = compare_golden(model, msgspec.structs.replace(golden, scores=tuple(scores)))
    assert silent.greatest == 1.0


def test_other_processors_may_differ_by_a_millionth(folder: Path) -> None:
    model, golden = load_model(folder), read_golden(folder)
    assert golden is not None
    nudged = tuple(
        None if s is None else float(np.nextafter(np.float32(s), np.float32(1)))
        for s in golden.scores
    )
    here = compare_golden(model, msgspec.structs.replace(golden, scores=nudged))
    assert not here.matches, "to the bit on the same processor"
    elsewhere = msgspec.structs.replace(Environment.here(), processor="another")
    there = msgspec.structs.replace(golden, scores=nudged, made_on=elsewhere)
    assert compare_golden(model, there).matches


@pytest.mark.parametrize(
    "contents", [b"[]", b'{"listings": []}', json.dumps({"scores": [1]}).encode()]
)
def test_something_else_in_their_place_is_refused(
    folder: Path, tmp_path: Path, contents: bytes
) -> None:
    other = shutil.copytree(folder, tmp_path / "other")
    sealed.add(other, GOLDEN, contents)
    with pytest.raises(InvalidInputError, match="cannot be read"):
        read_golden(other)


def test_fewer_scores_than_listings_are_refused(folder: Path, tmp_path: Path) -> None:
    other = shutil.copytree(folder, tmp_path / "other")
    golden = read_golden(folder)
    assert golden is not None
    fewer = msgspec.structs.replace(golden, scores=golden.scores[:-1])
    sealed.add(other, GOLDEN, msgspec.json.encode(fewer))
    with pytest.raises(InvalidInputError, match="does not give each listing a score"):
        read_golden(other)


def test_golden_listings_are_plain(folder: Path) -> None:
    assert all(isinstance(listing, Listing) and listing.title for listing in golden_listings())
