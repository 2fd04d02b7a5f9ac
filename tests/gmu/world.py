"""A small marketplace in which text, price and picture each give something away."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mimawari.detectors.gbdt.rows import Rows
from mimawari.detectors.gmu.spec import GmuSpec, PictureSpec
from mimawari.detectors.gmu.training.settings import Settings
from mimawari.detectors.ngrams import NgramSpec
from mimawari.listings.listing import Listing
from mimawari.listings.media.mapped import MappedPictures

TOPIC = "lava_lamps"
SMALL = NgramSpec((1,), (3,), 10)
PICTURE = PictureSpec(height=24, width=18, features=96 + 8 * 2)
PLAIN = Settings(GmuSpec(SMALL, 8, 4, 6, 8), epochs=4, batch=32, rate=2e-2, folds=2)
SEEING = Settings(GmuSpec(SMALL, 8, 4, 6, 8, PICTURE), epochs=4, batch=32, rate=1e-2, folds=2)


@dataclass(frozen=True)
class Market:
    rows: Rows
    pictures: MappedPictures


def jpeg(colour: tuple[int, int, int]) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (30, 40), colour).save(buffer, "JPEG")
    return buffer.getvalue()


def market(n: int = 240, seed: int = 0) -> Market:
    random = np.random.default_rng(seed)
    words = ["chair", "table", "cup", "book", "shirt", "green", "large", "old"]
    listings, labels, data = [], [], {}
    for i in range(n):
        label = bool(random.random() < 0.3)
        said, shown = label and random.random() < 0.7, label and random.random() < 0.7
        title = " ".join([*random.choice(words, 4), *(["lava lamp"] if said else [])])
        url = f"https://img.example/{seed}/{i}.jpg"
        red = int(random.integers(180, 250)) if shown else int(random.integers(0, 80))
        pictured = random.random() < 0.8
        if pictured:
            data[url] = jpeg((red, 60, 60))
        listings.append(
            Listing(
                id=str(i),
                version=1,
                seller_id=f"s{random.integers(20)}",
                title=title,
                price_minor=int(random.integers(100, 9000)) if random.random() < 0.8 else None,
                currency="USD",
                brand=str(random.choice(["nike", "ikea"])) if random.random() < 0.5 else None,
                category=("Home", "Lamps") if random.random() < 0.5 else (),
                image_urls=(url,) if pictured else (),
            )
        )
        labels.append(label)
    rows = Rows(tuple(listings), np.array(labels), np.ones(n))
    return Market(rows, MappedPictures(data))


def auc(y: NDArray[np.bool_], scores: NDArray[np.floating]) -> float:
    inside, outside = scores[y], scores[~y]
    return float((inside[:, None] > outside).mean() + 0.5 * (inside[:, None] == outside).mean())
