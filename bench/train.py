"""How long, and how much memory, does training one topic on a million listings take?

    python -m bench train

The listings are drawn one at a time and streamed, never held together: 300 characters,
1 % positives, 20,000 sellers. Writes bench/results/train.json.
"""

from __future__ import annotations

import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.environment import aim, result, rounded, write
from mimawari.detectors.gbdt import artifact
from mimawari.detectors.gbdt.rows import collect
from mimawari.detectors.gbdt.training import train
from mimawari.listings.listing import Listing

SYLLABLES = [a + b for a in "bdfgklmnprstvz" for b in "aeiou"]


def stream(n: int, seed: int = 0) -> Iterator[tuple[Listing, int]]:
    """Draw listings of 40 words; positives use words of their own in two of five cases."""
    draw = random.Random(seed)
    words = ["".join(draw.choices(SYLLABLES, k=draw.randint(2, 4))) for _ in range(20_000)]
    telling = words[:60]
    cumulative = [0.0]
    for rank in range(1, len(words)):
        cumulative.append(cumulative[-1] + 1 / rank)
    for i in range(n):
        label = int(draw.random() < 0.01)
        chosen = draw.choices(words, cum_weights=cumulative, k=40)
        if label and draw.random() < 0.8:
            chosen[draw.randrange(40)] = draw.choice(telling)
        yield (
            Listing(
                id=str(i),
                version=1,
                seller_id=f"s{draw.randrange(20_000)}",
                title=" ".join(chosen[:8]),
                description=" ".join(chosen[8:]),
                price_minor=draw.randrange(100, 100_000),
                currency="JPY",
            ),
            label,
        )


def main(quick: bool = False) -> dict[str, Any]:
    """Train once; ``quick`` on 20,000 listings."""
    n = 20_000 if quick else 1_000_000
    start = time.perf_counter()
    rows = collect(stream(n))
    read = time.perf_counter()
    model = train(rows, "synthetic")
    with tempfile.TemporaryDirectory() as folder:
        artifact.save(model, Path(folder) / "model")
    done = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    gib = peak * (1 if sys.platform == "darwin" else 1024) / 2**30
    found = result(
        [
            aim("minutes for a million listings", 10, (done - start) / 60, at_most=True),
            aim("peak memory, GiB", 4, gib, at_most=True),
        ],
        {
            "listings": n,
            "rows_kept": len(rows.y),
            "positives_kept": int(rows.y.sum()),
            "seconds_of_drawing_and_sampling": rounded(read - start),
            "seconds_of_training": rounded(done - read),
        },
    )
    if not quick:
        write("train", found)
    return found


if __name__ == "__main__":
    print(json.dumps(main(quick="--quick" in sys.argv), indent=1, ensure_ascii=False))
