"""How many listings a second does one core score, beside a pipeline a topic?

    python -m bench score

Twenty topics, 300 characters a listing, 200 rules, and a GBDT model of 200 trees a topic.
The simpler ways score the same listings with the same number of trees and without any rule:
(a) scikit-learn's hashes and LightGBM for each topic, in batches; (b) hashes shared by all
topics; (c) as (a), one listing at a time. Writes bench/results/score.json.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from bench import workload
from bench.environment import aim, result, rounded, seconds, write
from mimawari.detectors.fused import Facts
from mimawari.detectors.suite import Suite
from mimawari.listings.batch import ListingBatch
from mimawari.listings.listing import Listing

BATCH, RULES = 1000, 200  # the service scores as large batches


def parts(some: list[Listing]) -> list[list[Listing]]:
    """Cut listings into batches."""
    return [some[i : i + BATCH] for i in range(0, len(some), BATCH)]


def run(suite: Suite, some: list[Listing], floors: Mapping[str, float] | None = None) -> None:
    """Normalise and score, as the service does."""
    for part in parts(some):
        suite.score(ListingBatch.of(part), floors)


def shares(suite: Suite, some: list[Listing], repeats: int) -> dict[str, float]:
    """Time each part of the work alone, in microseconds a listing."""
    batches = [ListingBatch.of(part) for part in parts(some)]
    fused, assert_rules = suite._fused, suite.rules
    assert assert_rules is not None
    margins = [fused.margins(batch) for batch in batches]

    def trees() -> None:
        for batch, found in zip(batches, margins, strict=True):
            facts = Facts(batch.listings)
            for member, one in zip(fused.members, found, strict=True):
                member.score(one, facts, None)

    timed = {
        "normalise": lambda: [ListingBatch.of(part) for part in parts(some)],
        "hash_and_gather": lambda: [fused.margins(batch) for batch in batches],
        "rules": lambda: [assert_rules.score(batch) for batch in batches],
        "features_trees_calibration": trees,
    }
    return {name: seconds(work, repeats) / len(some) * 1e6 for name, work in timed.items()}


def floors_of(suite: Suite, some: list[Listing], share: float = 50 / 100_000) -> dict[str, float]:
    """Give the floors of a day of 100,000 listings with fifty reviews a topic."""
    scores = suite.score(ListingBatch.of(some)).score
    return dict(zip(suite.topics, np.nanquantile(scores, 1 - share, axis=0).tolist(), strict=True))


def baselines(training: workload.Training, some: list[Listing], repeats: int) -> dict[str, float]:
    """Time the simpler ways, in microseconds a listing."""
    hashes, boosters = workload.vectoriser(), workload.boosters(training)
    texts = [one.text for one in some]

    def each(texts: list[str]) -> None:
        for booster in boosters:
            booster.predict(hashes.transform(texts), num_threads=1)

    def shared() -> None:
        x = hashes.transform(texts)
        for booster in boosters:
            booster.predict(x, num_threads=1)

    few = texts[: max(1, len(texts) // 10)]
    return {
        "a_pipeline_a_topic": seconds(lambda: each(texts), repeats) / len(texts) * 1e6,
        "b_shared_hashes": seconds(shared, repeats) / len(texts) * 1e6,
        "c_one_at_a_time": seconds(lambda: [each([t]) for t in few], repeats) / len(few) * 1e6,
    }


def main(quick: bool = False) -> dict[str, Any]:
    """Measure on one core."""
    n, repeats = (1000, 2) if quick else (8000, 5)
    training = workload.Training.draw(3000)
    suite = Suite(workload.rules(RULES), workload.models(training))
    some = workload.listings(n)
    with threadpool_limits(1):
        run(suite, some[:BATCH])
        floors = floors_of(suite, workload.listings(2_000 if quick else 20_000, skip=20_000))
        ours = seconds(lambda: run(suite, some), repeats) / n * 1e6
        cascade = seconds(lambda: run(suite, some, floors), repeats) / n * 1e6
        alone = seconds(lambda: [suite.score(ListingBatch.of([x])) for x in some[:200]], repeats)
        simpler = baselines(training, some[: n // 32], repeats - 1)
        split = shares(suite, some, repeats)
    asked = suite.score(ListingBatch.of(some), floors).refined.mean()
    found = result(
        [
            aim("listings a second, one core, no cascade", 10_000, 1e6 / ours),
            aim("times (a) a pipeline a topic", 50, simpler["a_pipeline_a_topic"] / ours),
            aim("times (b) hashes shared", 6, simpler["b_shared_hashes"] / ours),
            aim(
                "times (c) a listing at a time, ours in batches",
                100,
                simpler["c_one_at_a_time"] / ours,
            ),
        ],
        {
            "topics": len(suite.topics),
            "rules": RULES,
            "trees_a_topic": workload.TREES,
            "characters": rounded(float(np.mean([len(one.text) for one in some]))),
            "batch": BATCH,
            "microseconds_a_listing": rounded(ours),
            "microseconds_with_cascade": rounded(cascade),
            "listings_a_second_with_cascade": rounded(1e6 / cascade),
            "share_of_trees_asked_with_cascade": rounded(float(asked)),
            "microseconds_of_a_batch_of_one": rounded(alone / 200 * 1e6),
            "times_c_with_ours_at_a_time": rounded(simpler["c_one_at_a_time"] / alone * 200 / 1e6),
            "microseconds_of_parts": {k: rounded(v) for k, v in split.items()},
            "microseconds_of_simpler_ways": {k: rounded(v) for k, v in simpler.items()},
            "note": "the simpler ways run no rules and do not normalise",
        },
    )
    if not quick:
        write("score", found)
    return found


if __name__ == "__main__":
    print(json.dumps(main(), indent=1, ensure_ascii=False))
