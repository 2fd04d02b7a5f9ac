"""What can a picture cost that was made to cost? A thousand of them, one after the other.

    python -m bench pictures
    python -m bench pictures --quick    (60 of them)

Drawn by seed 0 from fourteen kinds: flat PNGs at the limit of pixels in every depth, interlaced
and not, with texts that unpack to much; a GIF, WebP and PNG of thousands of frames; a JPEG of
thousands of scans; lossless WebPs of noise; BMPs that promise more than they hold; and good
pictures of every type with bytes changed, cut off or doubled. Each is looked at as the service
does, by a process of its own with the kernel's limits. Time is the longest from asking to answer;
memory is the process's peak above what it held before the first, read from the kernel and reset
before each. Then ordinary pictures, one at a time, through a pool of two processes whose other one
is kept busy with the dearest. Writes bench/results/pictures.json.
"""

from __future__ import annotations

import io
import itertools
import random
import struct
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from bench.environment import aim, result, rounded, write
from mimawari.listings.media.inspection import Inspected, Refused
from mimawari.listings.media.inspectors import Inspector, Inspectors

COUNT, QUICK, ORDINARY, AT_THE_LIMIT = 1_000, 60, 200, 3_600
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def chunk(kind: bytes, body: bytes) -> bytes:
    """Write a chunk of a PNG."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(draw: random.Random, interlaced: bool = False, texts: int = 0) -> bytes:
    """Write a PNG of one colour, which takes next to nothing however large it is."""
    side = draw.choice((AT_THE_LIMIT, 2_000, 6_300))
    colour = draw.choice((0, 2, 4, 6))
    depth = draw.choice((8, 16))
    row = b"\0" * (1 + side * CHANNELS[colour] * depth // 8)
    passes = b"" if not interlaced else _interlaced(side, CHANNELS[colour] * depth // 8)
    head = struct.pack(">IIBBBBB", side, side, depth, colour, 0, 0, int(interlaced))
    bomb = b"k\0\0" + zlib.compress(bytes(50_000_000), 9)
    middle = chunk(b"zTXt", bomb) * texts
    body = zlib.compress(passes or row * side, 6)
    ends = chunk(b"IDAT", body) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + middle + ends


def _interlaced(side: int, size: int) -> bytes:
    """Give the seven passes over a square of zeros."""
    steps = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2))
    lines = b""
    for x, y, across, down in (*steps, (0, 1, 1, 2)):
        width, height = -(-(side - x) // across), -(-(side - y) // down)
        lines += (b"\0" * (1 + width * size)) * height
    return lines


def many_scans(draw: random.Random) -> bytes:
    """Write a progressive JPEG whose last scan comes a thousand times."""
    image = Image.effect_noise((draw.choice((800, 3_000)),) * 2, 60)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", progressive=True, quality=20)
    data = buffer.getvalue()
    last = data.rindex(b"\xff\xda")
    return (data[:last] + data[last:-2] * (8_000_000 // (len(data) - last)))[:15_000_000] + data[
        -2:
    ]


def frames(draw: random.Random, kind: str) -> bytes:
    """Write an animation of many frames."""
    count = 300 if kind != "GIF" else 3_000
    side = draw.choice((16, 200))
    images = [Image.new("RGB", (side, side), (i % 256, i // 256, 7)) for i in range(count)]
    buffer = io.BytesIO()
    images[0].save(buffer, kind, save_all=True, append_images=images[1:], duration=20)
    return buffer.getvalue()


def noise(draw: random.Random, kind: str, side: int, **options: object) -> bytes:
    """Write noise, which no type packs well."""
    pixels = np.random.default_rng(draw.getrandbits(32)).integers(0, 256, (side, side, 3))
    buffer = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(buffer, kind, **options)
    return buffer.getvalue()


def promising_bmp(draw: random.Random) -> bytes:
    """Write a BMP's head for many pixels, and few of them."""
    side, bits, packed = draw.choice((3_000, 3_600)), draw.choice((8, 24, 32)), draw.choice((0, 1))
    head = struct.pack("<IiiHHIIiiII", 40, side, side, 1, bits, packed, 0, 0, 0, 256, 0)
    body = bytes(1_024) + draw.randbytes(20_000)
    return b"BM" + struct.pack("<IHHI", 14 + 40 + len(body), 0, 0, 54 + 1_024) + head + body


def spoiled(draw: random.Random) -> bytes:
    """Write a good picture, and change, cut or double bytes of it."""
    data = bytearray(noise(draw, draw.choice(("PNG", "JPEG", "WEBP", "GIF", "BMP")), 300))
    for _ in range(draw.randint(1, 20)):
        at = draw.randrange(len(data)) if draw.random() < 0.5 else draw.randrange(64)
        data[at] = draw.randrange(256)
    if draw.random() < 0.3:
        del data[draw.randrange(len(data)) :]
    if draw.random() < 0.3:
        at = draw.randrange(1, len(data) + 1)
        data[at:at] = data[:at]
    return bytes(data)


KINDS: dict[str, Callable[[random.Random], bytes]] = {
    "flat PNG": png,
    "interlaced PNG": lambda draw: png(draw, interlaced=True),
    "PNG with texts": lambda draw: png(draw, texts=20),
    "JPEG of many scans": many_scans,
    "GIF of many frames": lambda draw: frames(draw, "GIF"),
    "WebP of many frames": lambda draw: frames(draw, "WEBP"),
    "PNG of many frames": lambda draw: frames(draw, "PNG"),
    "lossless WebP": lambda draw: noise(draw, "WEBP", 2_000, lossless=True, quality=0, method=0),
    "large WebP": lambda draw: noise(draw, "WEBP", AT_THE_LIMIT, quality=1, method=0),
    "large JPEG": lambda draw: noise(draw, "JPEG", 6_300, quality=10),
    "BMP that promises": promising_bmp,
    "spoiled": spoiled,
    "spoiled again": spoiled,
    "spoiled once more": spoiled,
}
DEAR_TO_MAKE = ("many", "lossless", "large")


def crafted(count: int) -> Iterator[tuple[str, bytes]]:
    """Draw pictures kind by kind; what is dear to make is made twice and sent again."""
    draw, made = random.Random(0), dict[tuple[str, int], bytes]()
    for number, name in zip(range(count), itertools.cycle(KINDS), strict=False):
        key = name, number // len(KINDS) % 2
        if any(word in name for word in DEAR_TO_MAKE) and key in made:
            yield name, made[key]
            continue
        made[key] = KINDS[name](draw)
        yield name, made[key]


@dataclass(frozen=True)
class Crafted:
    """What crafted pictures cost, in all and by kind."""

    pictures: int
    longest_s: float
    largest_mb: float
    longest_s_of: dict[str, float]
    largest_mb_of: dict[str, float]
    answers: dict[str, int]


def main(quick: bool = False) -> dict[str, Any]:
    """Look at all of them."""
    costs = _looked_at(QUICK if quick else COUNT)
    beside = _beside(20 if quick else ORDINARY)
    aims = [
        aim("A crafted picture, s", 2, costs.longest_s, True),
        aim("A crafted picture, MB", 300, costs.largest_mb, True),
        aim(
            "An ordinary picture beside the dearest, longest, s",
            2,
            beside["longest_s"],
            True,
        ),
    ]
    measured = result(aims, {**asdict(costs), "ordinary_beside_the_dearest": beside})
    if not quick:
        write("pictures", measured)
    return measured


def _looked_at(count: int) -> Crafted:
    inspector, base = Inspector(), 0
    inspector.look(noise(random.Random(1), "PNG", 300))
    seconds, megabytes = dict[str, float](), dict[str, float]()
    answers: Counter[str] = Counter()
    for name, data in crafted(count):
        process = inspector.process
        if process is None:
            inspector.look(noise(random.Random(1), "PNG", 300))
            process = inspector.process
        assert process is not None
        base = base or _resident(process.pid, "VmRSS")
        Path(f"/proc/{process.pid}/clear_refs").write_text("5", "ascii")
        began = time.perf_counter()
        answer = inspector.look(data)
        taken = time.perf_counter() - began
        seconds[name] = max(seconds.get(name, 0.0), taken)
        if inspector.process is process:
            peak = (_resident(process.pid, "VmHWM") - base) / 1e6
            megabytes[name] = max(megabytes.get(name, 0.0), peak)
        answers["looked at" if isinstance(answer, Inspected) else answer.problem[:40]] += 1
    inspector.close()
    return Crafted(
        pictures=count,
        longest_s=rounded(max(seconds.values())),
        largest_mb=rounded(max(megabytes.values())),
        longest_s_of={name: rounded(value) for name, value in seconds.items()},
        largest_mb_of={name: rounded(value) for name, value in megabytes.items()},
        answers=dict(answers.most_common(12)),
    )


def _resident(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    (line,) = (line for line in lines if line.startswith(name + ":"))
    return int(line.split()[1]) * 1_024


def _beside(count: int) -> dict[str, float]:
    """Time ordinary pictures while one process of two never rests."""
    pool, ended = Inspectors(2), threading.Event()
    dear, ordinary = many_scans(random.Random(5)), noise(random.Random(2), "JPEG", 800)

    def disturb() -> None:
        while not ended.is_set():
            pool.look(dear)

    pool.look(ordinary)
    thread = threading.Thread(target=disturb)
    thread.start()
    times = []
    for _ in range(count):
        began = time.perf_counter()
        answer = pool.look(ordinary)
        times.append(time.perf_counter() - began)
        assert not isinstance(answer, Refused)
    ended.set()
    thread.join()
    pool.close()
    return {
        "median_s": rounded(float(np.median(times))),
        "longest_s": rounded(max(times)),
    }
