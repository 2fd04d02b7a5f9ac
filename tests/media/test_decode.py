from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mimawari.errors import InvalidInputError
from mimawari.listings.media.decode import MediaLimits, decode, decode_small


def bytes_of(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


RED = Image.new("RGB", (40, 20), (200, 0, 0))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
def test_known_types_are_decoded_whatever_their_name(kind: str) -> None:
    rgb = decode(bytes_of(RED, kind)).rgb
    assert rgb.shape == (20, 40, 3)
    assert np.abs(rgb.astype(int) - [200, 0, 0]).max() <= 12


def test_cmyk_palette_transparent_and_16_bit_become_rgb() -> None:
    cmyk = decode(bytes_of(RED.convert("CMYK"), "JPEG")).rgb
    assert cmyk[..., 0].mean() > cmyk[..., 1].mean() + 100
    clear = decode(bytes_of(Image.new("RGBA", (20, 20), (0, 0, 0, 0)), "PNG")).rgb
    assert (clear == 255).all()
    palette = decode(bytes_of(RED.convert("P"), "GIF")).rgb
    assert palette[..., 0].min() > 150
    deep = Image.fromarray(np.full((20, 20), 32_768, np.uint16))
    assert abs(int(decode(bytes_of(deep, "PNG")).rgb.mean()) - 128) <= 1


def test_turned_as_its_exif_says_and_without_it_afterwards() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert decode(bytes_of(RED, "JPEG", exif=exif)).rgb.shape == (40, 20, 3)


def test_an_animation_gives_its_first_frame_and_says_so() -> None:
    frames = [Image.new("RGB", (20, 20), (c, 0, 0)) for c in (250, 10, 100)]
    found = decode(bytes_of(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert found.note == "first of 3 frames"
    assert found.rgb[..., 0].min() > 200


BAD: list[tuple[str, Callable[[], bytes], str]] = [
    ("svg", lambda: b'<svg xmlns="http://www.w3.org/2000/svg"/>', "no picture of a known type"),
    ("html", lambda: b"<!doctype html><script>alert(1)</script>", "no picture of a known type"),
    ("empty", lambda: b"", "no picture of a known type"),
    ("cut", lambda: bytes_of(Image.effect_noise((200, 200), 90), "JPEG")[:2000], "is broken"),
    ("one pixel", lambda: bytes_of(Image.new("L", (1, 1)), "PNG"), "1 x 1 pixels"),
    ("100 megapixels", lambda: bytes_of(Image.new("1", (10_000, 10_000)), "PNG"), "over the limit"),
    ("bomb", lambda: bytes_of(Image.new("1", (20_000, 20_000)), "PNG"), "pixels"),
    ("tiff", lambda: bytes_of(RED, "TIFF"), "no picture of a known type"),
    ("ico", lambda: bytes_of(RED, "ICO"), "no picture of a known type"),
]


@pytest.mark.parametrize(("data", "problem"), [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_what_is_no_sound_picture_is_refused(data: Callable[[], bytes], problem: str) -> None:
    for way in (decode, lambda d, f: decode_small(d, (60, 80), f)):
        with pytest.raises(InvalidInputError, match=problem) as told:
            way(data(), "image_urls[0]")
        assert told.value.problems[0].field == "image_urls[0]"
        assert told.value.problems[0].remedy


def test_too_many_bytes_are_refused_unread() -> None:
    with pytest.raises(InvalidInputError, match="bytes long"):
        decode(b"x" * 100, limits=MediaLimits(most_bytes=99))


@given(st.binary(max_size=300), st.sampled_from(["JPEG", "PNG", "WEBP", "GIF", "BMP"]))
def test_damage_is_refused_or_survived_and_never_escapes(noise: bytes, kind: str) -> None:
    data = bytearray(bytes_of(RED, kind))
    at = len(noise) % len(data)
    data[at : at + len(noise)] = noise
    with suppress(InvalidInputError):
        assert decode(bytes(data)).rgb.dtype == np.uint8


def test_small_is_about_what_a_resize_gives() -> None:
    noise = Image.effect_noise((800, 600), 40).convert("RGB").resize((1600, 1200))
    data = bytes_of(noise, "JPEG")
    small = decode_small(data, (100, 75)).rgb.astype(int)
    whole = np.asarray(Image.fromarray(decode(data).rgb).resize((100, 75)), int)
    assert small.shape == whole.shape
    assert np.abs(small - whole).mean() < 12
