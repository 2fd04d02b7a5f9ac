"""How many listings a second does one core score, beside a pipeline a topic?

    python -m bench score

Twenty topics, 300 characters a listing, 200 rules, and a GBDT model of 200 trees a topic, called
as the service's scorer calls it: batches of 1,000, with the floors of the day. Beside it: longer
listings, one topic and a hundred, a shadow of every topic, a listing alone.
The simpler ways score the same listings with the same number of trees and without any rule:
(a) scikit-learn's hashes and LightGBM for each topic, in batches; (b) hashes shared by all
topics; (c) as (a), one listing at a time. Writes bench/results/score.json.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from bench import workload
from bench.environment import aim, in_turns, result, rounded, write
from mimawari.detectors.gbdt.detector import GbdtDetector
from mimawari.detectors.gbdt_models import Margins
from mimawari.detectors.ngrams import hash_batch, with_marks
from mimawari.detectors.suite import Suite
from mimawari.listings.batch import ListingBatch
from mimawari.listings.listing import Listing

BATCH, RULES, MANY = 1000, 200, 100  # the service scores as large batches
LENGTHS = (300, 900, 1800)
Part = list[Listing]
Floors = Mapping[str, float]
Made = tuple[ListingBatch, Margins]


def parts(some: list[Listing]) -> list[Part]:
    """Cut listings into batches."""
    return [some[i : i + BATCH] for i in range(0, len(some), BATCH)]


def run(suite: Suite, some: list[Listing], floors: Floors | None = None) -> None:
    """Normalise and score, as the service does."""
    for part in parts(some):
        suite.score(ListingBatch.of(part), floors)


def scorer(
    suite: Suite, floors: Floors | None = None, beside_floors: Floors | None = None
) -> Callable[[Part], object]:
    """Give what a scorer does with a batch."""
    return lambda part: suite.score(ListingBatch.of(part), floors, beside_floors)


def floors_of(suite: Suite, some: list[Listing], share: float = 50 / 100_000) -> dict[str, float]:
    """Give the floors of a day of 100,000 listings with fifty reviews a topic."""
    scores = suite.score(ListingBatch.of(some)).score
    return dict(zip(suite.topics, np.nanquantile(scores, 1 - share, axis=0).tolist(), strict=True))


def shadows_of(models: Sequence[GbdtDetector]) -> list[GbdtDetector]:
    """Give another version of every model."""
    shadows = [copy.copy(model) for model in models]
    for model in shadows:
        model.version = f"shadow of {model.topic}"
    return shadows


def shares(suite: Suite, some: list[Listing], floors: Floors, repeats: int) -> dict[str, float]:
    """Split a listing's time, in microseconds; what the suite's parts leave is Python around."""
    gbdt, rules = suite._gbdt_models, suite.rules
    assert rules is not None
    limits = [floors[model.topic] for model in gbdt.models]
    specs = {model.spec for model in gbdt.models}
    made: list[Made] = [(batch, gbdt.margins(batch)) for batch in map(ListingBatch.of, parts(some))]
    works: dict[str, Callable[[Made], object]] = {
        "normalise": lambda made: ListingBatch.of(made[0].listings),
        "marks": lambda made: with_marks(made[0].texts),
        "marks_and_hash_as_in_training": lambda made: [hash_batch(made[0].texts, s) for s in specs],
        "hash_and_gather": lambda made: gbdt.margins(made[0]),
        "rules": lambda made: rules.score(made[0]),
        "features_trees_calibration_with_floors": lambda made: gbdt.score_margins(*made, limits),
        "suite_with_floors": lambda made: suite.score(made[0], floors),
    }
    split = in_turns(works, made, repeats)
    split |= in_turns(
        {
            "features_trees_calibration": lambda made: gbdt.score_margins(
                *made, [None] * len(limits)
            )
        },
        made,
        repeats,
    )
    known = ("hash_and_gather", "rules", "features_trees_calibration_with_floors")
    split["python_around"] = split["suite_with_floors"] - sum(split[name] for name in known)
    return {name: spent / len(some) * 1e6 for name, spent in split.items()}


def baselines(training: workload.Training, some: list[Listing], repeats: int) -> dict[str, float]:
    """Time the simpler ways, in microseconds a listing."""
    hashes, boosters = workload.vectoriser(), workload.boosters(training)
    texts = [one.text for one in some]

    def each(texts: list[str]) -> None:
        for booster in boosters:
            booster.predict(hashes.transform(texts), num_threads=1)

    def shared(texts: list[str]) -> None:
        x = hashes.transform(texts)
        for booster in boosters:
            booster.predict(x, num_threads=1)

    works = {"a_pipeline_a_topic": each, "b_shared_hashes": shared}
    spent = {name: s / len(texts) for name, s in in_turns(works, [texts], repeats).items()}
    few = texts[: max(1, len(texts) // 10)]
    single = in_turns({"c_one_at_a_time": each}, [[text] for text in few], repeats)
    spent |= {name: s / len(few) for name, s in single.items()}
    return {name: s * 1e6 for name, s in spent.items()}


def by_size(
    models: Sequence[GbdtDetector], some: list[Listing], day: list[Listing], repeats: int
) -> dict[str, float]:
    """Time a listing with floors, in microseconds: topics alone, and a shadow of each beside."""
    rules = workload.rules(RULES)
    twenty = list(models[: workload.TOPICS])
    few, many = Suite(rules, models[:1]), Suite(rules, models)
    champions = Suite(rules, twenty)
    shadowed = Suite(rules, twenty, beside=shadows_of(twenty))
    floors = floors_of(many, day)
    of_shadows = {model.version: floors[model.topics[0]] for model in shadowed.beside}
    works = {
        "topics_1": scorer(few, floors),
        "topics_20": scorer(champions, floors),
        "topics_20_and_a_shadow_of_each": scorer(shadowed, floors, of_shadows),
        "topics_100": scorer(many, floors),
    }
    for work in works.values():
        work(some[:BATCH])
    return {k: v / len(some) * 1e6 for k, v in in_turns(works, parts(some), repeats).items()}


def lengths(suite: Suite, floors: Floors, n: int, repeats: int) -> dict[int, dict[str, float]]:
    """Tell listings a second, with floors, by the length of listings."""
    by_length = {}
    for characters in LENGTHS:
        some = workload.listings(n, characters=characters)
        spent = in_turns({"": scorer(suite, floors)}, parts(some), repeats)[""]
        by_length[characters] = {
            "characters": rounded(float(np.mean([len(one.text) for one in some]))),
            "listings_a_second": rounded(n / spent),
        }
    return by_length


def main(quick: bool = False) -> dict[str, Any]:
    """Measure on one core."""
    n, repeats = (1000, 2) if quick else (8000, 12)
    training = workload.Training.draw(3000)
    models = workload.models(training, MANY)
    suite = Suite(workload.rules(RULES), models[: workload.TOPICS])
    some = workload.listings(n)
    day = workload.listings(2_000 if quick else 20_000, skip=20_000)
    with threadpool_limits(1):
        run(suite, some[:BATCH])
        floors = floors_of(suite, day)
        works = {"whole": scorer(suite), "floors": scorer(suite, floors)}
        batches = {k: v / n * 1e6 for k, v in in_turns(works, parts(some), repeats).items()}
        single = [[listing] for listing in some[:200]]
        # Not in turns: what floors mean is remembered from call to call.
        singles = {
            name: in_turns({name: work}, single, 4 * repeats)[name] / len(single) * 1e6
            for name, work in works.items()
        }
        simpler = baselines(training, some[: n // 32], 4)
        split = shares(suite, some, floors, repeats)
        by_length = lengths(suite, floors, n // 4, repeats)
        sizes = by_size(models, some[: max(BATCH, n // 4)], day, repeats)
    asked = suite.score(ListingBatch.of(some), floors).refined.mean()
    ours, cascade = batches["whole"], batches["floors"]
    shadow = sizes["topics_20_and_a_shadow_of_each"] / sizes["topics_20"]
    measured = result(
        [
            aim("listings a second, one core, floors of the day", 22_000, 1e6 / cascade),
            aim("100 topics over one", 2, sizes["topics_100"] / sizes["topics_1"], at_most=True),
            aim("a shadow of all topics, share of time added", 0.15, shadow - 1, at_most=True),
            aim("a batch of one, microseconds", 400, singles["whole"], at_most=True),
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
            "listings_a_second_with_cascade_by_characters": by_length,
            "microseconds_with_cascade_by_models": {k: rounded(v) for k, v in sizes.items()},
            "share_of_trees_asked_with_cascade": rounded(float(asked)),
            "microseconds_of_a_batch_of_one": rounded(singles["whole"]),
            "microseconds_of_a_batch_of_one_with_cascade": rounded(singles["floors"]),
            "times_c_with_ours_at_a_time": rounded(simpler["c_one_at_a_time"] / singles["whole"]),
            "microseconds_of_parts": {k: rounded(v) for k, v in split.items()},
            "microseconds_of_simpler_ways": {k: rounded(v) for k, v in simpler.items()},
            "note": "the simpler ways run no rules and do not normalise; times are of one "
            "core without what other processes took of it, each batch at its shortest of some",
        },
    )
    if not quick:
        write("score", measured)
    return measured


if __name__ == "__main__":
    print(json.dumps(main(), indent=1, ensure_ascii=False))
