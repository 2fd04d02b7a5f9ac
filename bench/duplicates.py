"""Are the pairs of near-duplicates those of exact Jaccard similarity, and how fast is the search?

    python -m bench duplicates

Titles of market listings, each asked against all others of other vendors; then hashes drawn at
random. Writes bench/results/duplicates.json.
"""

from __future__ import annotations

import random
import time
from itertools import combinations
from typing import Any

import numpy as np

from bench.environment import aim, result, rounded, seconds, write
from bench.quality import DATA, read
from mimawari.listings.duplicates import DuplicateIndex
from mimawari.listings.duplicates.images import ImageIndex
from mimawari.listings.duplicates.index import LEAST_SIMILARITY, MOST_DISTANCE
from mimawari.listings.duplicates.shingles import jaccard, shingles
from mimawari.listings.listing import Listing
from mimawari.listings.normalise import canonical

LISTINGS, HASHES = 4_000, 200_000


def sample() -> list[Listing]:
    """Draw listings of the market."""
    rows = read(DATA / "agora_2014_listings" / "agora_2014.csv.gz")
    return [
        Listing(id=str(n), version=1, seller_id=row["vendor_id"] or f"none {n}", title=row["title"])
        for n, row in enumerate(random.Random(0).sample(rows, LISTINGS))
    ]


def exact_pairs(listings: list[Listing]) -> set[tuple[int, int]]:
    """Compare all pairs of different vendors."""
    pieces = [shingles(canonical(one.text)) for one in listings]
    return {
        (a, b)
        for a, b in combinations(range(len(listings)), 2)
        if listings[a].seller_id != listings[b].seller_id
        and jaccard(pieces[a], pieces[b]) >= LEAST_SIMILARITY
    }


def texts() -> dict[str, float]:
    """Measure pairs found by sketches beside the exact ones."""
    listings = sample()
    start = time.perf_counter()
    exact = exact_pairs(listings)
    middle = time.perf_counter()
    index, found = DuplicateIndex(), set()
    for number, one in enumerate(listings):  # each asks for earlier ones, as in service
        found |= {(int(match.listing_id), number) for match in index.near(one)}
        index.add(one)
    end = time.perf_counter()
    both = len(exact & found)
    return {
        "listings": LISTINGS,
        "exact_pairs": len(exact),
        "found_pairs": len(found),
        "recall": rounded(both / len(exact)),
        "precision": rounded(both / len(found)),
        "exact_seconds": rounded(middle - start),
        "index_seconds": rounded(end - middle),
        "listings_per_second": rounded(LISTINGS / (end - middle)),
    }


def images() -> dict[str, float]:
    """Measure the search for a hash among many."""
    draw = np.random.default_rng(0)
    index = ImageIndex()
    for row, one in enumerate(draw.bytes(32) for _ in range(HASHES)):
        index.add(row, one)
    asked = draw.bytes(32)
    spent = seconds(lambda: index.near(asked, MOST_DISTANCE), repeats=5)
    return {"hashes": HASHES, "milliseconds_a_query": rounded(1_000 * spent)}


def main(quick: bool = False) -> dict[str, Any]:
    """Run all of it."""
    by_text, by_image = texts(), images()
    aims = [
        aim("recall of exact pairs", 0.9, by_text["recall"]),
        aim("precision against exact pairs", 0.9, by_text["precision"]),
    ]
    told = result(aims, {"texts": by_text, "images": by_image})
    if not quick:
        write("duplicates", told)
    return told
