"""How many labels does each strategy need, beside labels chosen at random?

    python -m bench active

On the real market listings, each of the six larger topics against all other rows. A third of
the rows, of sellers of their own, is held back to measure on; the rest is the pool. Labelling
begins with 20 listings at random and 10 that the topic's starter rules hit, the same for every
strategy; then come rounds of 20 labels or a fifth of those there are. Counted are the labels,
those of the beginning too, at the first of two rounds in a row whose model reaches 90 % of the
AUPRC of a model trained on the whole pool. Ratios are of pairs: the same split, the same first
labels; 'no rules' begins without the 10 hits, random choice beside it with them. Writes
bench/results/active.json and docs/images/labelling.svg.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.environment import aim, result, rounded, write
from bench.quality import DATA, LARGER, of, read
from mimawari.detectors.packs import starter
from mimawari.detectors.rules import RuleSet
from mimawari.detectors.topicfile import load
from mimawari.evaluation.bootstrap import Interval, group_bootstrap
from mimawari.listings.batch import ListingBatch
from mimawari.listings.listing import Listing
from mimawari.simulation.labelling import (
    Corpus,
    Curve,
    Plan,
    cut,
    labels_to_reach,
    over_seeds,
    replay,
)

# The starter pack's topics whose rules begin; it divides the world otherwise than the market.
RULES_OF = {
    "weapons": "weapons",
    "counterfeit_goods": "counterfeit",
    "forged_documents": "crime_tools",
    "cash_and_financial_accounts": "cash_vouchers",
    "steroids": "medicine_device",
    "prescription_medicine": "medicine_device",
}
SHARE = 0.9
SEEDS = 3
MOST_RATIO = 1 / 3
# Name, strategy, plan.
WAYS: tuple[tuple[str, str, Plan], ...] = (
    ("random", "random", Plan()),
    ("diversity", "diversity", Plan(most=1000)),
    ("top", "top", Plan()),
    ("uncertainty", "uncertainty", Plan()),
    ("disagreement", "disagreement", Plan(members=3)),
    ("mixed", "mixed", Plan()),
    ("mixed, weighted training", "mixed", Plan(weighted=True)),
    ("mixed, no rules", "mixed", Plan(hits=0)),
)


@cache
def table() -> list[dict[str, str]]:
    """Read the market's rows."""
    return read(DATA / "agora_2014_listings" / "agora_2014.csv.gz")


@cache
def listings() -> tuple[Listing, ...]:
    """Make listings of the rows: titles and sellers are all that is used."""
    titles, sellers = [r["title"] for r in table()], [r["vendor_id"] for r in table()]
    return of(titles, np.zeros(len(titles), bool), sellers).listings


@cache
def hit() -> dict[str, NDArray[np.bool_]]:
    """Match the starter rules; which rows they hit, by topic of the market."""
    files = [load(path) for path in starter() if path.stem in RULES_OF.values()]
    rules = RuleSet.compile(files)
    found = rules.match(ListingBatch.of(listings()))
    topics = np.array([name.split("/")[0] for name in found.names])[found.rules]
    by_stem = {stem: np.zeros(len(listings()), bool) for stem in RULES_OF.values()}
    for stem, rows in by_stem.items():
        rows[found.listings[topics == stem]] = True
    return {topic: by_stem[stem] for topic, stem in RULES_OF.items()}


def needed(curve: Curve, target: float) -> int:
    """Give the labels to reach the target; those of the end where the curve ends before.

    The whole pool reaches it by definition; diversity is stopped earlier, to its favour.
    """
    return labels_to_reach(curve, target) or curve.labels[-1]


def learn(
    corpus: Corpus, topic: str, ways: Sequence[tuple[str, str, Plan]], seeds: int
) -> tuple[dict[str, Any], dict[str, list[int]], dict[str, list[Curve]]]:
    """Replay one topic: its figures, labels needed by way and seed, curves as shares of full."""
    y = np.array([r["topic"] == topic for r in table()])
    labels: dict[str, list[int]] = {name: [] for name, *_ in ways}
    found: dict[str, list[int]] = {name: [] for name, *_ in ways}
    curves: dict[str, list[Curve]] = {name: [] for name, *_ in ways}
    fulls, pools = [], []
    for seed in range(seeds):
        task = cut(corpus, y, hit()[topic], seed)
        full = task.full()
        fulls.append(full)
        pools.append(int(task.y.sum()))
        for name, strategy, plan in ways:
            curve = replay(task, strategy, seed, plan, SHARE * full)
            labels[name].append(needed(curve, SHARE * full))
            found[name].append(curve.positives[-1])
            shares = tuple(value / full for value in curve.auprc)
            curves[name].append(Curve(curve.labels, curve.positives, shares))
    figures = {
        "violations_in_pool": rounded(float(np.mean(pools))),
        "full_data_auprc": rounded(float(np.mean(fulls))),
        "labels": {name: told(over_seeds(counts)) for name, counts in labels.items()},
        "ratio": {
            name: told(over_seeds(ratios(labels, name))) for name in labels if name != "random"
        },
        "violations_found": {name: rounded(float(np.mean(n))) for name, n in found.items()},
    }
    print(f"{topic}: {figures}", file=sys.stderr, flush=True)
    return figures, labels, curves


def ratios(labels: dict[str, list[int]], name: str) -> list[float]:
    """Divide labels needed by those of random choice on the same split."""
    pairs = zip(labels[name], labels["random"], strict=True)
    return [ours / theirs for ours, theirs in pairs]


def told(found: Interval) -> list[float]:
    """Give value and both ends."""
    return [rounded(v) for v in (found.value, found.low, found.high)]


def overall(by_topic: dict[str, dict[str, list[int]]], name: str) -> list[float]:
    """Give the geometric mean ratio of all topics and seeds; the interval resamples topics."""
    all_of_it = {topic: ratios(labels, name) for topic, labels in by_topic.items()}
    logs = np.log([ratio for found in all_of_it.values() for ratio in found])
    groups = [topic for topic, found in all_of_it.items() for _ in found]
    return told(group_bootstrap(lambda rows: float(np.exp(logs[rows].mean())), groups, seed=0))


def main(quick: bool = False) -> dict[str, Any]:
    """Replay all topics and ways; ``quick`` replays one topic, two ways, one seed."""
    corpus = Corpus.of(listings())
    ways = [way for way in WAYS if not quick or way[0] in {"random", "mixed"}]
    topics, seeds = (LARGER[:1], 1) if quick else (LARGER, SEEDS)
    done = {topic: learn(corpus, topic, ways, seeds) for topic in topics}
    by_topic = {topic: labels for topic, (_, labels, _) in done.items()}
    means = {name: overall(by_topic, name) for name, *_ in ways if name != "random"}
    worst = max(figures["ratio"]["mixed"][0] for figures, *_ in done.values())
    figures = {
        "seeds": seeds,
        "ratio_to_random": means,
        **{topic: figures for topic, (figures, *_) in done.items()},
        "note": "labels: geometric mean over seeds with its 95 % interval; ratio_to_random: of "
        "all topics and seeds, the interval resamples topics; 'no rules' begins with 20 "
        "listings at random alone; diversity is stopped at 1,000 labels, which counts as reached",
    }
    aims = [
        aim("labels of mixed to random, mean of six topics", MOST_RATIO, means["mixed"][0], True),
        aim("labels of mixed to random, worst of six topics", MOST_RATIO, worst, True),
    ]
    found = result(aims, figures)
    if not quick:
        from bench.active_figure import save

        save({topic: curves for topic, (*_, curves) in done.items()}, SHARE)
        write("active", found)
    return found


if __name__ == "__main__":
    print(json.dumps(main(), indent=1, ensure_ascii=False))
