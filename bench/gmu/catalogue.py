"""The fashion catalogue as labelled listings with pictures."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from mimawari.detectors.gmu.training.rows import LabelledListings
from mimawari.listings.listing import Listing
from mimawari.listings.media.mapped import MappedPictures

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("MIMAWARI_DATA", ROOT.parent / "shared" / "data"))
GROUPS = ("gender", "subCategory", "season", "usage", "baseColour")
LEAST = 60


def read(most: int | None = None) -> LabelledListings:
    """Read the products; labels are the values of `GROUPS` with at least 60 rows."""
    path = DATA / "fashion_products" / "multimodal_60x80.parquet"
    rows = pq.read_table(path).to_pylist()
    counted = [(g, v) for g in GROUPS for v in sorted({r[g] for r in rows if r[g]})]
    labels = [(g, v) for g, v in counted if sum(r[g] == v for r in rows) >= LEAST]
    said = {word.lower() for _, v in labels for word in re.findall(r"\w+", v)}
    rows = rows[:most]
    listings = tuple(
        Listing(
            id=str(r["id"]),
            version=1,
            seller_id=str(r["id"]),
            title=without(r["productDisplayName"], said) or "-",
            image_urls=(f"https://img.example/{r['id']}.jpg",),
        )
        for r in rows
    )
    y = np.array([[r[g] == v for g, v in labels] for r in rows], np.float32)
    data = {f"https://img.example/{r['id']}.jpg": r["image_jpeg"] for r in rows}
    topics = tuple(f"{g}/{v}" for g, v in labels)
    return LabelledListings(topics, listings, y, np.ones_like(y), MappedPictures(data))


def without(name: str, said: set[str]) -> str:
    """Take the words of all labels out of a name."""
    kept = (w for w in name.split() if not said & {p.lower() for p in re.findall(r"\w+", w)})
    return " ".join(kept)
