from __future__ import annotations

import io
import json
from itertools import combinations
from pathlib import Path
from typing import Any

import imagehash
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from tests.media.drawn import encoded, picture, scene

from mimawari.listings.media.decode import decode
from mimawari.listings.media.hashes import (
    MOST_DISTANCE,
    PdqHash,
    blurring,
    distances,
    pdq,
    quality,
    words,
)
from mimawari.listings.media.pictures import Picture

# Made with the authors' own C++ program (pdqhash 0.2.8) from the same pixels.
REFERENCE = json.loads((Path(__file__).parent / "pdq_reference.json").read_text("utf-8"))


def apart(one: PdqHash, other: PdqHash) -> int:
    return int(distances(words(one.bits), other.bits)[0])


def of(rgb: NDArray[np.uint8]) -> PdqHash:
    return pdq(Picture("", rgb))


@pytest.mark.parametrize("known", REFERENCE, ids=lambda r: f"{r['height']}x{r['width']}")
def test_hashes_are_those_of_the_published_program(known: dict[str, Any]) -> None:
    found = pdq(picture(known["seed"], known["height"], known["width"]))
    averaged_first = max(known["height"], known["width"]) >= 2048
    difference = apart(found, PdqHash(bytes.fromhex(known["pdq"]), 100))
    assert difference <= (6 if averaged_first else 2)
    assert abs(found.quality - known["quality"]) <= 1


def test_the_blur_is_two_moving_averages() -> None:
    for side in (3, 64, 127, 129, 300, 640, 1023):
        line = np.random.default_rng(5).random(side)
        window = -(-side // 128)
        after = (window + 2) // 2
        twice = line
        for _ in range(2):
            twice = np.array(
                [twice[max(0, i + after - window) : i + after].mean() for i in range(side)]
            )
        points = [int((k + 0.5) * side / 64) for k in range(64)]
        assert np.allclose(blurring(side) @ line, twice[points], atol=1e-5)


@pytest.mark.parametrize("seed", range(12))
def test_other_sizes_encodings_and_light_are_the_same_picture(seed: int) -> None:
    rgb = scene(seed, 480, 640)
    image = Image.fromarray(rgb)
    original = of(rgb)
    assert original.usable
    other_light = np.clip(rgb.astype(int) * 9 // 10 + 12, 0, 255).astype(np.uint8)
    changed = {
        "half": np.asarray(image.resize((320, 240))),
        "double": np.asarray(image.resize((1280, 960))),
        "other sides": np.asarray(image.resize((500, 500))),
        "jpeg": decode(encoded(rgb, "JPEG", quality=30)).rgb,
        "webp": decode(encoded(rgb, "WEBP", quality=30)).rgb,
        "darker": other_light,
        "grey": np.asarray(image.convert("L").convert("RGB")),
    }
    for name, other in changed.items():
        assert apart(original, of(other)) <= MOST_DISTANCE, name


def test_other_pictures_are_far_apart() -> None:
    found = [pdq(picture(seed)) for seed in range(40)]
    nearest = min(apart(a, b) for a, b in combinations(found, 2))
    assert nearest > 2 * MOST_DISTANCE


def test_mirrored_and_turned_pictures_are_other_pictures() -> None:
    rgb = scene(1, 300, 300)
    for other in (rgb[:, ::-1], rgb[::-1], rgb.transpose(1, 0, 2)):
        assert apart(of(rgb), of(np.ascontiguousarray(other))) > MOST_DISTANCE


def test_half_of_all_bits_are_set() -> None:
    for seed in range(10):
        ones = int.from_bytes(pdq(picture(seed)).bits).bit_count()
        assert ones == 128


def test_agrees_with_another_hash_on_which_pictures_are_the_same() -> None:
    """The pHash of imagehash knows nothing of ours; both tell copies from strangers."""
    for seed in range(8):
        rgb, other = scene(seed, 300, 400), scene(seed + 100, 300, 400)
        copy = decode(encoded(rgb, "JPEG", quality=40)).rgb
        ours = [apart(of(rgb), of(one)) for one in (copy, other)]
        first = imagehash.phash(Image.fromarray(rgb))
        theirs = [first - imagehash.phash(Image.fromarray(one)) for one in (copy, other)]
        assert ours[0] < ours[1]
        assert theirs[0] < theirs[1]


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (8, 8), (600, 1), (40, 5000)])
def test_blank_pictures_of_any_shape_are_unusable(shape: tuple[int, int]) -> None:
    found = of(np.full((*shape, 3), 130, np.uint8))
    assert (found.quality, found.usable) == (0, False)
    assert len(found.bits) == 32


def test_quality_never_leaves_its_scale() -> None:
    checkers = (np.indices((64, 64)).sum(axis=0) % 2 * 255).astype(np.float32)
    assert quality(checkers) == 100
    assert quality(np.zeros((64, 64), np.float32)) == 0


@given(
    st.lists(st.binary(min_size=32, max_size=32), max_size=8), st.binary(min_size=32, max_size=32)
)
def test_distances_count_bits(many: list[bytes], one: bytes) -> None:
    expected = [(int.from_bytes(a) ^ int.from_bytes(one)).bit_count() for a in many]
    assert distances(words(b"".join(many)), one).tolist() == expected


def test_distances_of_many_do_not_depend_on_where_they_stand() -> None:
    data = np.random.default_rng(0).bytes(32 * 70_000)
    found = distances(words(data), data[-32:])
    assert found[-1] == 0
    assert found[40_000] == distances(words(data[32 * 40_000 : 32 * 40_001]), data[-32:])[0]
    assert abs(float(found.mean()) - 128) < 0.1


def test_the_exchanged_form_is_hexadecimal() -> None:
    known = REFERENCE[0]
    assert str(pdq(picture(known["seed"], known["height"], known["width"]))) == known["pdq"]


def test_a_file_and_its_copy_by_another_program_hash_alike() -> None:
    told = io.BytesIO()
    Image.fromarray(scene(3, 700, 900)).convert("CMYK").save(told, "JPEG", quality=80)
    assert apart(pdq(picture(3, 700, 900)), pdq(decode(told.getvalue()))) <= MOST_DISTANCE
