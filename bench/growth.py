"""How does the time of a listing grow with topics and with rules?

    python -m bench growth

One core, 300 characters a listing. Topics: 1, 20, 100 models of 200 trees beside 200 rules,
with the floors of a day of 100,000 listings (as the service scores) and without. Rules: 10,
100, 1,000 beside 20 models. Writes bench/results/growth.json.
"""

from __future__ import annotations

import json
from typing import Any

from threadpoolctl import threadpool_limits

from bench import workload
from bench.environment import aim, result, rounded, seconds, write
from bench.score import BATCH, RULES, floors_of, run
from mimawari.detectors.suite import Suite
from mimawari.listings.batch import ListingBatch

TOPICS, RULE_COUNTS = (1, 20, 100), (10, 100, 1000)


def main(quick: bool = False) -> dict[str, Any]:
    """Measure growth."""
    n, repeats = (1000, 2) if quick else (4000, 7)
    training = workload.Training.draw(3000)
    models = workload.models(training, max(TOPICS))
    some, day = workload.listings(n), workload.listings(n * 4, skip=20_000)

    def micros(suite: Suite, cascade: bool) -> float:
        floors = floors_of(suite, day) if cascade else None
        run(suite, some[:BATCH], floors)
        return seconds(lambda: run(suite, some, floors), repeats) / n * 1e6

    with threadpool_limits(1):
        rules = workload.rules(RULES)
        suites = {count: Suite(rules, models[:count]) for count in TOPICS}
        topics = {count: micros(suite, cascade=True) for count, suite in suites.items()}
        asked = suites[100].score(ListingBatch.of(some), floors_of(suites[100], day)).refined
        whole = {count: micros(suite, cascade=False) for count, suite in suites.items()}
        del suites
        sets = {count: workload.rules(count) for count in RULE_COUNTS}
        by_rules = {c: micros(Suite(s, models[:20]), cascade=True) for c, s in sets.items()}
        batch = ListingBatch.of(some)
        alone = {c: seconds(lambda s=s: s.score(batch), repeats) / n * 1e6
                 for c, s in sets.items()}  # fmt: skip
    found = result(
        [
            aim("100 topics over one, time a listing", 3, topics[100] / topics[1], at_most=True),
            aim("1,000 rules over ten, time a listing", 1.5, by_rules[1000] / by_rules[10], True),
        ],
        {
            "microseconds_by_topics": {k: rounded(v) for k, v in topics.items()},
            "microseconds_by_topics_without_cascade": {k: rounded(v) for k, v in whole.items()},
            "microseconds_by_rules": {k: rounded(v) for k, v in by_rules.items()},
            "microseconds_of_rules_alone": {k: rounded(v) for k, v in alone.items()},
            "share_of_trees_asked_with_cascade": rounded(float(asked.mean())),
            "times_of_rules_alone": rounded(alone[1000] / alone[10]),
            "times_of_topics_without_cascade": rounded(whole[100] / whole[1]),
        },
    )
    if not quick:
        write("growth", found)
    return found


if __name__ == "__main__":
    print(json.dumps(main(), indent=1, ensure_ascii=False))
