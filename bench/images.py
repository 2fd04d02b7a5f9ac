"""How fast are pictures decoded and hashed, do copies keep their hash, how fast is a bank?

    python -m bench images

Photographs are cut at random places out of those of scikit-learn; imagehash's pHash is measured
beside PDQ in the same run. Writes bench/results/images.json.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import imagehash
import numpy as np
from PIL import Image
from sklearn.datasets import load_sample_images

from bench.environment import aim, result, rounded, seconds, write
from mimawari.detectors.banks import Bank, BankDetector, Entry, Verdict
from mimawari.listings.duplicates.images import ImageIndex
from mimawari.listings.media.clean import clean
from mimawari.listings.media.decode import decode
from mimawari.listings.media.hashes import MOST_DISTANCE, distances, pdq, words
from mimawari.listings.media.pictures import Picture

PICTURES, HASHES, ENTRIES = 60, 1_000_000, 20_000
THEIR_BITS, THEIR_DISTANCE = 64, 8  # pHash: an eighth of the bits, as 31 is of PDQ's 256


def photographs(count: int) -> list[Image.Image]:
    """Cut photographs out of two larger ones: neighbours share parts, which is hard on a hash."""
    sources = [Image.fromarray(one) for one in load_sample_images().images]
    draw = np.random.default_rng(0)
    found = []
    for number in range(count):
        source = sources[number % len(sources)]
        width, height = (int(side * draw.uniform(0.3, 0.6)) for side in source.size)
        left = int(draw.integers(0, source.width - width))
        top = int(draw.integers(0, source.height - height))
        found.append(source.crop((left, top, left + width, top + height)).resize((1200, 900)))
    return found


def encoded(image: Image.Image, kind: str = "JPEG", **options: int) -> bytes:
    told = io.BytesIO()
    image.save(told, kind, **options)
    return told.getvalue()


def darker(image: Image.Image) -> Image.Image:
    return image.point([value * 7 // 10 for value in range(256)] * 3)


def cropped(image: Image.Image) -> Image.Image:
    width, height = image.size
    return image.crop((width // 40, height // 40, width - width // 40, height - height // 40))


COPIES: dict[str, Callable[[Image.Image], bytes]] = {
    "jpeg_quality_30": lambda one: encoded(one, quality=30),
    "webp_quality_30": lambda one: encoded(one, "WEBP", quality=30),
    "a_third_the_size": lambda one: encoded(one.resize((400, 300)), quality=80),
    "other_sides": lambda one: encoded(one.resize((800, 800)), quality=80),
    "darker": lambda one: encoded(darker(one), quality=80),
    "edge_cut_off": lambda one: encoded(cropped(one), quality=80),
}


def speeds(images: list[Image.Image]) -> dict[str, float]:
    """Measure pictures of 1200 x 900 pixels a second on one core."""
    files = [encoded(one, quality=85) for one in images]
    pictures = [decode(one) for one in files]
    every: dict[str, Callable[[], object]] = {
        "decode": lambda: [decode(one) for one in files],
        "pdq": lambda: [pdq(one) for one in pictures],
        "imagehash_phash": lambda: [imagehash.phash(one) for one in images],
        "clean": lambda: [clean(one) for one in files],
    }
    return {f"{name}_per_second": rounded(len(files) / seconds(run)) for name, run in every.items()}


def copies(images: list[Image.Image]) -> dict[str, Any]:
    """Count the copies that keep within the threshold, and the strangers that come within it."""
    ours = words(b"".join(pdq(_of(one)).bits for one in images))
    theirs = [imagehash.phash(one) for one in images]
    told: dict[str, Any] = {}
    for name, change in COPIES.items():
        changed = [decode(change(one)) for one in images]
        apart = [distances(ours, pdq(one).bits) for one in changed]
        others = [imagehash.phash(Image.fromarray(one.rgb)) for one in changed]
        their_apart = np.array([[a - b for a in theirs] for b in others])
        told[name] = {
            "pdq": _found(np.array(apart, int), MOST_DISTANCE),
            "imagehash_phash": _found(their_apart, THEIR_DISTANCE),
        }
    return told


def _of(image: Image.Image) -> Picture:
    return Picture("", np.asarray(image))


def _found(apart: np.ndarray, most: int) -> dict[str, float]:
    own = np.eye(len(apart), dtype=bool)
    return {
        "copies_found": rounded(float((apart[own] <= most).mean())),
        "strangers_found": rounded(float((apart[~own] <= most).mean())),
        "median_bits": float(np.median(apart[own])),
        "nearest_stranger_bits": float(apart[~own].min()),
    }


def lookups(hashes: int) -> dict[str, float]:
    """Measure a hash against very many, and making and asking a bank."""
    draw = np.random.default_rng(0)
    index = ImageIndex()
    data = draw.bytes(32 * hashes)
    for row in range(hashes):
        index.add(row, data[32 * row : 32 * row + 32])
    asked = draw.bytes(32)
    spent = seconds(lambda: index.near(asked, MOST_DISTANCE), repeats=9)
    entries = tuple(
        Entry(pdq=draw.bytes(32).hex(), topic="weapons", verdict=Verdict.BAD, by="bench",
              at=datetime(2026, 1, 1, tzinfo=UTC))
        for _ in range(ENTRIES)
    )  # fmt: skip
    made = seconds(lambda: BankDetector(Bank("bench", entries)), repeats=2)
    return {
        "hashes": hashes,
        "milliseconds_a_lookup": rounded(1_000 * spent),
        "bank_entries": ENTRIES,
        "milliseconds_to_make_the_detector": rounded(1_000 * made),
    }


def main(quick: bool = False) -> dict[str, Any]:
    """Run all of it."""
    images = photographs(12 if quick else PICTURES)
    speed, kept, looked = speeds(images), copies(images), lookups(HASHES // 10 if quick else HASHES)
    usual = [kept[name]["pdq"]["copies_found"] for name in kept if name != "edge_cut_off"]
    strangers = max(one["pdq"]["strangers_found"] for one in kept.values())
    ratio = speed["pdq_per_second"] / speed["imagehash_phash_per_second"]
    aims = [
        aim("pictures hashed, PDQ over imagehash.phash", 1, ratio),
        aim("copies found after encoding, resizing, darkening, worst kind", 0.95, min(usual)),
        aim("strangers taken for copies, worst kind", 0, strangers, at_most=True),
        aim(f"lookup among {looked['hashes']:,} hashes, ms", 20, looked["milliseconds_a_lookup"],
            at_most=True),
    ]  # fmt: skip
    told = result(aims, {"speed": speed, "copies": kept, "bank": looked})
    if not quick:
        write("images", told)
    return told
