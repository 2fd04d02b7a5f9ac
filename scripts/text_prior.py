"""Measure what each candidate of the text score gains on public topics: the prior of its choice.

    python -m scripts.text_prior

Writes src/mimawari/detectors/gbdt/text_prior.json, a line a topic. At most 6,000 rows of a topic
are read; folds are those of seed 3, which no bench judges by. The composite table is left out: its
violations are those of the one market, which counts already.
"""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
from bench.markets import SETS, Case, fewer

from mimawari.detectors.gbdt.choice import Gain, PublicTopic, few_rows, measure
from mimawari.detectors.gbdt.linear import length_scale, matrix
from mimawari.detectors.ngrams import NgramSpec
from mimawari.listings.batch import ListingBatch

FILE = Path(__file__).parents[1] / "src/mimawari/detectors/gbdt/text_prior.json"
SEED, MOST, LEFT_OUT = 3, 6_000, {"composite_listings_v1"}


def measured(case: Case) -> PublicTopic:
    """Measure one topic."""
    rows, spec = few_rows(fewer(case.rows, MOST, SEED), SEED), NgramSpec()
    texts = ListingBatch.of(rows.listings).texts
    gains = measure(
        matrix(texts, spec), length_scale(texts), rows.y, rows.groups, rows.weight, spec, SEED
    )
    kept = {name: Gain(round(one.gain, 4), round(one.error, 4)) for name, one in gains.items()}
    print(case.source, case.topic, kept, file=sys.stderr, flush=True)
    return PublicTopic(case.source, case.topic, int(rows.y.sum()), kept)


def main() -> None:
    """Write the file."""
    topics = [
        measured(case) for name, cases in SETS.items() if name not in LEFT_OUT for case in cases()
    ]
    lines = [msgspec.json.encode(topic).decode() for topic in topics]
    FILE.write_text("[\n" + ",\n".join(lines) + "\n]\n", "utf-8")


if __name__ == "__main__":
    main()
