from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, PngImagePlugin
from tests.media.drawn import encoded, scene

from mimawari.errors import InvalidInputError
from mimawari.listings.media.clean import CONTENT_TYPE, clean
from mimawari.listings.media.decode import MediaLimits, decode

SECRET = b"Latitude 35.6586 of a home"


def with_metadata(kind: str) -> bytes:
    """Hide the secret wherever a format keeps words."""
    image = Image.fromarray(scene(0, 80, 120))
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    told = io.BytesIO()
    options: dict[str, object] = {"exif": exif, "icc_profile": SECRET, "comment": SECRET}
    if kind == "PNG":
        chunks = PngImagePlugin.PngInfo()
        chunks.add_text("Comment", SECRET.decode())
        options["pnginfo"] = chunks
    image.save(told, kind, **options)  # type: ignore[arg-type]
    return told.getvalue() + SECRET  # and behind the picture


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
def test_metadata_is_gone_and_the_picture_stays(kind: str) -> None:
    data = with_metadata(kind)
    assert SECRET in data
    cleaned = clean(data)
    assert SECRET not in cleaned
    assert b"Exif" not in cleaned
    with Image.open(io.BytesIO(cleaned)) as image:
        assert (image.format, Image.MIME["JPEG"]) == ("JPEG", CONTENT_TYPE)
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    before, after = decode(data).rgb.astype(int), decode(cleaned).rgb.astype(int)
    assert np.abs(before - after).mean() < 8


@pytest.mark.parametrize("turn", range(1, 9))
def test_it_is_turned_as_its_metadata_said(turn: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = turn
    data = encoded(scene(1, 80, 120), "JPEG", exif=exif, quality=95)
    seen, cleaned = decode(data).rgb, decode(clean(data)).rgb
    assert seen.shape == ((80, 120, 3) if turn < 5 else (120, 80, 3))
    assert np.abs(seen.astype(int) - cleaned.astype(int)).mean() < 6


def test_cleaning_twice_changes_no_kind_of_thing() -> None:
    once = clean(encoded(scene(2, 60, 60), "PNG"))
    assert decode(clean(once)).rgb.shape == decode(once).rgb.shape


@pytest.mark.parametrize(
    "data",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b"<!doctype html><script>alert(1)</script>",
        b"GIF89a<script>alert(1)</script>",
        encoded(scene(0, 200, 200), "JPEG")[:900],
        encoded(np.zeros((1, 1, 3), np.uint8)),
        b"",
    ],
    ids=["svg", "html", "script as gif", "cut", "one pixel", "empty"],
)
def test_what_is_no_sound_picture_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInputError) as told:
        clean(data, field="image_urls[1].jpg")
    assert told.value.problems[0].field == "image_urls[1].jpg"


def test_animations_lose_their_later_frames() -> None:
    frames = [Image.new("RGB", (20, 20), (c, 0, 0)) for c in (250, 10)]
    told = io.BytesIO()
    frames[0].save(told, "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    with Image.open(io.BytesIO(clean(told.getvalue()))) as image:
        assert getattr(image, "n_frames", 1) == 1
        assert np.asarray(image)[..., 0].min() > 200


def test_a_header_that_claims_100_megapixels_is_refused_undecoded() -> None:
    header = encoded(np.zeros((8, 8, 3), np.uint8), "BMP")
    huge = header[:18] + (10_000).to_bytes(4, "little") * 2 + header[26:]
    with pytest.raises(InvalidInputError, match="10000 x 10000 pixels, over the limit"):
        clean(huge)


def test_limits_are_the_callers() -> None:
    with pytest.raises(InvalidInputError, match="over the limit"):
        clean(encoded(scene(0, 60, 60)), MediaLimits(most_pixels=3_599))
