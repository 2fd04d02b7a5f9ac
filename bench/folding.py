"""What does folding undo, and does ordinary text keep its meaning?

    python -m bench folding
    MIMAWARI_BEFORE=../before/src python -m bench folding

Rules of the starter pack on titles that they flag, English ones of a real market and Japanese
ones written for the pack, with every word disguised: which share is flagged still, by a rule of
the same topics. Rules on the ordinary titles and texts of every public set: how many are flagged.
TF-IDF with logistic regression on the folded titles of that market, nobody hiding, sellers held
out: AUPRC. With MIMAWARI_BEFORE, the sources of another state of the program, the latter two are
measured there too. Writes bench/results/folding.json.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union
from tests.packs.japanese_titles import read as japanese

from bench.environment import aim, result, rounded, write
from bench.quality import DATA, read
from mimawari.detectors.gbdt.folds import grouped_folds
from mimawari.detectors.packs import starter
from mimawari.detectors.rules import RuleSet
from mimawari.detectors.topicfile import load
from mimawari.evaluation.precision import auprc
from mimawari.listings.batch import ListingBatch
from mimawari.listings.disguises import DISGUISES
from mimawari.listings.listing import Listing
from mimawari.listings.normalise import canonicalise

ROOT = Path(__file__).parents[1]
MOST_TITLES, LEAST_KEPT, FOLDS, MOST_FALL = 500, 0.95, 3, 0.003
TOPICS = ("weapons", "counterfeit_goods", "steroids")
LEAST = {"leetspeak": 0.92, "asterisk": 0.85, "fuseji": 0.85, "misspelling": 0.85}
LONGEST = 500


def listings(titles: list[str]) -> list[Listing]:
    """Make listings of titles."""
    return [
        Listing(id=str(i), version=1, seller_id="s", title=title[:LONGEST] or "-")
        for i, title in enumerate(titles)
    ]


def topics_of(rules: RuleSet, some: list[Listing]) -> list[set[str]]:
    """Give the topics whose rules flag each listing."""
    hits = rules.match(ListingBatch.of(some))
    topics: list[set[str]] = [set() for _ in some]
    for row, rule in zip(hits.listings.tolist(), hits.rules.tolist(), strict=True):
        topics[row].add(hits.names[rule].partition("/")[0])
    return topics


def kept(rules: RuleSet, titles: list[str]) -> dict[str, Any]:
    """Disguise every word of the titles that are flagged: the share of those still flagged."""
    some = listings(titles)
    before = topics_of(rules, some)
    flagged = [(one, topics) for one, topics in zip(some, before, strict=True) if topics]
    shares: dict[str, Any] = {"titles": len(flagged)}
    for name, disguise in DISGUISES.items():
        if not disguise.character_level:
            continue
        random = np.random.default_rng(0)
        hidden = [disguise(one, random, 1.0) for one, _ in flagged]
        after = topics_of(rules, hidden)
        still = [
            bool(topics & now)
            for (one, topics), other, now in zip(flagged, hidden, after, strict=True)
            if one.title != other.title
        ]
        shares[name] = [rounded(float(np.mean(still))), len(still)] if still else None
    return shares


def ordinary() -> Iterator[tuple[str, list[str]]]:
    """Give the ordinary texts of each public set."""
    shops = pq.read_table(DATA / "composite_listings_v1" / "composite_v1.parquet").to_pylist()
    yield "composite, shops", [r["title"] for r in shops if r["domain"].startswith("shop_")]
    for name, column in (
        ("bestbuy_products/bestbuy_phones.csv.gz", "title"),
        ("bestbuy_products/bestbuy_phones.csv.gz", "description"),
        ("fashion_products/styles_text.csv.gz", "productDisplayName"),
        ("markup_amazon/ordinary_products.csv.gz", "title"),
        ("surge_toxicity/toxicity_en.csv", "text"),
        ("davidson_offensive/tweets.csv.gz", "text"),
        ("japanese_toxic/subset.csv", "text"),
    ):
        yield f"{name.partition('/')[0]}, {column}", [r[column] for r in read(DATA / name)]
    titles = (ROOT / "tests" / "packs" / "ordinary_titles.txt").read_text("utf-8").splitlines()
    yield "ordinary titles of the pack's tests", titles
    near = [t.text for topic in japanese("development") for t in topic.near_misses]
    yield "Japanese near misses", near


def flagged(rules: RuleSet) -> dict[str, list[int]]:
    """Count the ordinary texts that any rule flags, beside how many there are."""
    return {
        name: [sum(map(bool, topics_of(rules, listings(texts)))), len(texts)]
        for name, texts in ordinary()
    }


def plain_auprc() -> dict[str, float]:
    """Measure TF-IDF with logistic regression on folded titles of the market."""
    table = read(DATA / "agora_2014_listings" / "agora_2014.csv.gz")
    folded = canonicalise([row["title"] for row in table])
    texts = np.array([folded.text(i) for i in range(len(folded))], object)
    sellers = np.unique([row["vendor_id"] for row in table], return_inverse=True)[1]
    areas = {}
    for topic in TOPICS:
        y = np.array([row["topic"] == topic for row in table])
        scores = np.zeros(len(y))
        for fit, held in grouped_folds(y, sellers, FOLDS, seed=0):
            reader = make_union(
                TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2),
                TfidfVectorizer(
                    analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True, min_df=2
                ),
            )
            model = make_pipeline(reader, LogisticRegression(C=10, solver="liblinear"))
            scores[held] = model.fit(texts[fit], y[fit]).decision_function(texts[held])
        areas[topic] = rounded(auprc(scores, y.astype(np.int8)))
    return areas


def harm() -> dict[str, Any]:
    """Measure what folding costs while nobody hides."""
    rules = RuleSet.compile(load(path) for path in starter())
    return {"flagged": flagged(rules), "auprc": plain_auprc()}


def harm_before(sources: str) -> dict[str, Any]:
    """Measure the same by other sources of the program, in a process of its own."""
    path = os.pathsep.join([sources, str(ROOT), os.environ.get("PYTHONPATH", "")])
    ran = subprocess.run(
        [sys.executable, "-c", "import json, bench.folding as b; print(json.dumps(b.harm()))"],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        check=True,
    )
    return dict(json.loads(ran.stdout))


def aims(figures: dict[str, Any]) -> list[dict[str, Any]]:
    """Hold what rules keep, and what folding costs, against the aims."""
    stated = [
        aim(f"rule hits kept, {script}, {name}", LEAST.get(name, LEAST_KEPT), share[0])
        for script, shares in figures["kept"].items()
        for name, share in shares.items()
        if name not in ("titles", "reversed") and share
    ]
    before, after = figures.get("before"), figures["after"]
    if before:
        flagged = [sum(n for n, _ in state["flagged"].values()) for state in (before, after)]
        areas = [float(np.mean(list(state["auprc"].values()))) for state in (before, after)]
        stated.append(aim("ordinary texts flagged", flagged[0], flagged[1], at_most=True))
        measure = "fall of mean AUPRC while nobody hides"
        stated.append(aim(measure, MOST_FALL, areas[0] - areas[1], at_most=True))
    return stated


def main(quick: bool = False) -> dict[str, Any]:
    """Measure all; ``quick`` only what rules keep, and writes nothing."""
    rules = RuleSet.compile(load(path) for path in starter())
    table = read(DATA / "agora_2014_listings" / "agora_2014.csv.gz")
    drawn = np.random.default_rng(0).choice(len(table), MOST_TITLES, replace=False)
    violating = [t.text for topic in japanese("development") for t in topic.violating]
    figures: dict[str, Any] = {
        "kept": {
            "English": kept(rules, [table[i]["title"] for i in drawn]),
            "Japanese": kept(rules, violating),
        }
    }
    if not quick:
        if sources := os.environ.get("MIMAWARI_BEFORE"):
            figures["before"] = harm_before(sources)
        figures["after"] = harm()
    outcome = result(aims(figures) if not quick else [], figures)
    if not quick:
        write("folding", outcome)
    return outcome


if __name__ == "__main__":
    print(json.dumps(main(), indent=1, ensure_ascii=False))
