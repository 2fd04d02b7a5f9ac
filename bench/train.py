"""How long, and how much memory, does training one topic on a million listings take?

    python -m bench train

The listings are drawn one at a time and streamed, never held together: 300 characters,
1 % positives, 20,000 sellers. Writes bench/results/train.json.
"""

from __future__ import annotations

import json
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mimawari.detectors.gbdt import artifact
from mimawari.detectors.gbdt.rows import collect
from mimawari.detectors.gbdt.training import train
from mimawari.listings.listing import Listing

RESULT = Path(__file__).parent / "results" / "train.json"
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
    found = {
        "listings": n,
        "kept": len(rows.y),
        "positives_kept": int(rows.y.sum()),
        "seconds_generate_and_sample": round(read - start, 1),
        "seconds_train": round(done - read, 1),
        "seconds": round(done - start, 1),
        "peak_gib": round(peak * (1 if sys.platform == "darwin" else 1024) / 2**30, 2),
        "cores": os.cpu_count(),
    }
    if not quick:
        RESULT.parent.mkdir(parents=True, exist_ok=True)
        RESULT.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return found


if __name__ == "__main__":
    print(json.dumps(main(quick="--quick" in sys.argv), indent=2))
