"""How long, and how much memory, does training one topic on a million listings take?

    python -m bench train
    python -m bench.train --choosing    (the second part alone; the first part's figures are kept)

The listings are drawn one at a time and streamed, never held together: 300 characters,
1 % positives, 20,000 sellers. Then, on 50,000 of them, what it costs that a text score chooses its
settings and whether disguised copies are learnt, in seconds of one core, and what a second kind
costs that reads the same text. Writes bench/results/train.json.
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

import msgspec

from bench.environment import RESULTS, aim, result, rounded, write
from mimawari.detectors.gbdt import artifact
from mimawari.detectors.gbdt.rows import collect
from mimawari.detectors.gbdt.training import forget, train
from mimawari.evaluation.choosing.prepare import settings_of
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


def choosing(n: int) -> dict[str, float]:
    """Train by fixed settings, by chosen ones, and as the default command; seconds of a core."""
    rows = collect(stream(n))
    default = settings_of(20).gbdt
    forced = msgspec.structs.replace(default, choose_text=False, choose_copies=False)
    fixed = msgspec.structs.replace(forced, augmentation=None)
    ways = {
        "fixed": fixed,
        "chosen": msgspec.structs.replace(fixed, choose_text=True),
        "fixed_with_copies": forced,
        "default": default,
    }
    seconds = {}
    for name, settings in ways.items():
        forget()
        start = time.process_time()
        train(rows, "synthetic", settings)
        seconds[name] = rounded(time.process_time() - start)
    start = time.process_time()
    train(rows, "synthetic", msgspec.structs.replace(default, with_trees=False))
    return {**seconds, "second_kind_of_the_same_text": rounded(time.process_time() - start)}


def ratios(seconds: dict[str, float]) -> list[dict[str, Any]]:
    """Hold the nested choice against the same training without it."""
    return [
        aim(f"50,000 rows, {name} settings over fixed ones", 2, seconds[name] / seconds[of],
            at_most=True)
        for name, of in (("chosen", "fixed"), ("default", "fixed_with_copies"))
    ]  # fmt: skip


def again() -> dict[str, Any]:
    """Measure the second part anew, and keep the first."""
    kept: dict[str, Any] = json.loads((RESULTS / "train.json").read_text("utf-8"))
    seconds = choosing(50_000)
    first = [one for one in kept["aims"] if "50,000" not in one["measure"]]
    found = result([*first, *ratios(seconds)], {**kept["figures"], "seconds_of_a_core": seconds})
    write("train", found)
    return found


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
    seconds = choosing(2_000 if quick else 50_000)
    found = result(
        [
            aim("minutes for a million listings", 10, (done - start) / 60, at_most=True),
            aim("peak memory, GiB", 4, gib, at_most=True),
            *ratios(seconds),
        ],
        {
            "listings": n,
            "rows_kept": len(rows.y),
            "positives_kept": int(rows.y.sum()),
            "seconds_of_drawing_and_sampling": rounded(read - start),
            "seconds_of_training": rounded(done - read),
            "seconds_of_a_core": seconds,
        },
    )
    if not quick:
        write("train", found)
    return found


if __name__ == "__main__":
    measured = again() if "--choosing" in sys.argv else main(quick="--quick" in sys.argv)
    print(json.dumps(measured, indent=1, ensure_ascii=False))
