"""Pictures made to cost: refused or decoded within a budget, and the others do not wait."""

from __future__ import annotations

import io
import resource
import struct
import sys
import threading
import zlib
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from mimawari.listings.media import inspectors
from mimawari.listings.media.decode import MOST_FRAMES, decode
from mimawari.listings.media.hashes import pdq
from mimawari.listings.media.inspection import TOO_DEAR, Inspected, Refused
from mimawari.listings.media.inspectors import Inspectors


def bytes_of(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def flat_png(width: int, height: int, depth: int, colour: int) -> bytes:
    """Write a PNG of zeros, which takes next to nothing however large it is."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        size, check = struct.pack(">I", len(body)), struct.pack(">I", zlib.crc32(kind + body))
        return size + kind + body + check

    channels = {0: 1, 2: 3, 6: 4}[colour]
    row = b"\0" * (1 + width * channels * depth // 8)
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = zlib.compress(row * height, 9)
    mark = b"\x89PNG\r\n\x1a\n"
    return mark + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def endless_gif(frames: int) -> bytes:
    """Write a GIF of one frame, and so many more of one pixel."""
    whole = bytes_of(Image.new("L", (16, 16), 90), "GIF")
    pixel = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    return whole[:-1] + pixel * frames + b"\x3b"


NOISE = Image.fromarray(np.random.default_rng(3).integers(0, 256, (240, 320, 3)).astype(np.uint8))


@pytest.fixture
def pool() -> Iterator[Inspectors]:
    one = Inspectors(2)
    yield one
    one.close()


def test_an_inspected_picture_is_as_it_would_be_here(pool: Inspectors) -> None:
    for kind in ("PNG", "JPEG", "WEBP", "GIF", "BMP"):
        data = bytes_of(NOISE, kind)
        picture, look = decode(data), pool.look(data)
        known = pdq(picture)
        size = picture.rgb.shape[1::-1]
        assert look == Inspected(picture.sha256, *size, known.bits, known.quality)


def test_what_is_no_picture_is_told(pool: Inspectors) -> None:
    assert pool.look(b"<svg/>").problem == "is no picture of a known type"  # type: ignore[union-attr]
    assert "bytes long" in pool.look(bytes(20_000_001)).problem  # type: ignore[union-attr]


def test_frames_are_not_counted_to_the_end() -> None:
    assert decode(endless_gif(5)).note == "first of 6 frames"
    picture = decode(endless_gif(3 * MOST_FRAMES))
    assert picture.note == f"first of more than {MOST_FRAMES:,} frames"
    assert picture.rgb.shape == (16, 16, 3)


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("colour", [0, 2, 6])
def test_large_flat_pictures_stay_within_the_budget(
    pool: Inspectors, depth: int, colour: int
) -> None:
    data = flat_png(3_600, 3_600, depth, colour)
    assert len(data) < 500_000
    assert isinstance(pool.look(data), Inspected)


def test_larger_ones_are_refused_unless_they_can_be_read_smaller(pool: Inspectors) -> None:
    look = pool.look(flat_png(6_000, 6_000, 16, 0))
    assert isinstance(look, Refused)
    assert "no JPEG" in look.problem
    look = pool.look(bytes_of(Image.new("L", (6_000, 6_000)), "JPEG"))
    assert isinstance(look, Inspected)
    assert (look.width, look.height) == (3_000, 3_000)


def test_16_bits_are_scaled_as_a_whole_array_would_be() -> None:
    deep = np.random.default_rng(5).integers(0, 65_536, (300, 40)).astype(np.uint16)
    wanted = np.clip(deep.astype(np.float64) * (255.0 / 65_535.0), 0, 255).astype(np.uint8)
    assert (decode(bytes_of(Image.fromarray(deep))).rgb[..., 0] == wanted).all()


SCRIPT = """
import os, sys, time
from mimawari.listings.media import inspection
kind = {kind!r}
def look(data):
    if data == b"good":
        return inspection.Refused("is good", "-")
    if kind == "memory":
        return bytearray(1 << 34)
    if kind == "crash":
        os.abort()
    while True:
        if kind == "wait":
            time.sleep(60)
if kind == "memory":
    inspection.limit_memory()
inspection.SECONDS = 0
inspection.serve(sys.stdin.buffer, sys.stdout.buffer, look)
"""


@pytest.mark.parametrize("kind", ["memory", "crash", "seconds", "wait"])
def test_a_picture_that_ends_the_process(
    pool: Inspectors, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is refused, others are looked at meanwhile, and the next one afterwards."""
    monkeypatch.setattr(inspectors, "WAIT_SECONDS", 3.0 if kind == "wait" else 60.0)
    popen = inspectors.subprocess.Popen

    def start(_command: list[str], **options: object) -> object:
        command = [sys.executable, "-c", SCRIPT.format(kind=kind)]
        return popen(command, stderr=inspectors.subprocess.DEVNULL, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(inspectors.subprocess, "Popen", start)
    looks: list[object] = []
    bad = threading.Thread(target=lambda: looks.append(pool.look(b"bad")))
    bad.start()
    assert [pool.look(b"good").problem for _ in range(3)] == ["is good"] * 3  # type: ignore[union-attr]
    bad.join()
    assert looks == [TOO_DEAR]
    assert [pool.look(b"good").problem for _ in range(3)] == ["is good"] * 3  # type: ignore[union-attr]


def test_the_budget_is_the_kernels() -> None:
    """This process keeps its own limits: only those that look have them."""
    assert resource.getrlimit(resource.RLIMIT_AS)[0] == resource.RLIM_INFINITY
