"""How many violations does the next round hold, when the first labels hold one or two?

    python -m bench.search

On the real market listings, each of the six larger topics against all other rows: of 150 labels
two violate (or one of 149), drawn at random; then a round of 50 is chosen without a model. Six
draws a topic. Writes bench/results/search.json.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.active import hit, listings, table
from bench.environment import aim, result, rounded, write
from bench.quality import LARGER
from mimawari.alerts.selection import Pool, choose, embed, likeness
from mimawari.listings.normalise import canonicalise

DRAWS, BUDGET, ALLOWED = 6, 50, 148


def orders(
    scores: NDArray[np.float64], rules: NDArray[np.float64]
) -> dict[str, dict[str, NDArray[np.float64]]]:
    """Give what each way knows of the listings."""
    return {
        "diversity and chance": {},
        "rules, diversity and chance": {"scores": rules[None]},
        "labels": {"search": scores[None]},
        "labels and rules": {"search": np.vstack((scores, rules))},
    }


def main(quick: bool = False) -> dict[str, Any]:
    """Count by number of labelled violations and way, the mean of topics and draws."""
    texts = canonicalise([listing.text for listing in listings()])
    vectors, ids = embed(texts), [listing.id for listing in listings()]
    counts: dict[str, dict[str, list[int]]] = {}
    for topic in LARGER[:1] if quick else LARGER:
        y = np.array([row["topic"] == topic for row in table()])
        rules = np.where(hit()[topic], 0.9, np.nan)
        for draw in range(1 if quick else DRAWS):
            random = np.random.default_rng(draw)
            violations = random.permutation(np.flatnonzero(y))[:2]
            allowed = random.permutation(np.flatnonzero(~y))[:ALLOWED]
            for known in (1, 2):
                labels = np.full(len(y), np.nan)
                labels[allowed], labels[violations[:known]] = 0, 1
                scores = likeness(texts, labels)
                assert scores is not None
                for way, fields in orders(scores, rules).items():
                    pool = Pool(ids, ~np.isnan(labels), vectors=vectors, **fields)
                    chosen = choose(pool, BUDGET, "mixed", draw)
                    by_way = counts.setdefault(f"{known} labelled", {})
                    by_way.setdefault(way, []).append(int(y[chosen.rows].sum()))
        print(topic, file=sys.stderr, flush=True)
    figures = {
        known: {way: rounded(float(np.mean(n))) for way, n in by_way.items()}
        for known, by_way in counts.items()
    }
    two = figures["2 labelled"]
    ratio = two["labels and rules"] / two["rules, diversity and chance"]
    searched = result([aim("violations of two labels and rules to rules", 1.5, ratio)], figures)
    if not quick:
        write("search", searched)
    return searched


if __name__ == "__main__":
    print(json.dumps(main(), indent=1))
