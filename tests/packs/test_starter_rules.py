"""The starter pack in the real engine: examples, traps, and ordinary shop listings."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from mimawari.detectors.packs import starter
from mimawari.detectors.rules import RuleSet
from mimawari.detectors.topicfile import load
from mimawari.listings.batch import ListingBatch
from mimawari.listings.listing import Listing

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("MIMAWARI_DATA", ROOT.parent / "shared" / "data"))
COMPOSITE = DATA / "composite_listings_v1" / "composite_v1.parquet"
ORDINARY_TITLES = (Path(__file__).parent / "ordinary_titles.txt").read_text("utf-8").splitlines()
MOST = 0.005


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    """Compile all files; the engine runs every example and raises where one fails."""
    return RuleSet.compile(load(path) for path in starter())


def batch(titles: list[str]) -> ListingBatch:
    return ListingBatch.of(
        [Listing(id=str(i), version=1, seller_id="s", title=t) for i, t in enumerate(titles)]
    )


def test_all_topics_compile_and_their_examples_hold(rules: RuleSet) -> None:
    assert len(rules.topics) == 28
    assert all(r.rule.match and r.rule.no_match for r in rules.rules)


def test_no_rule_flags_an_ordinary_title(rules: RuleSet) -> None:
    hits = rules.match(batch(ORDINARY_TITLES))
    flagged = {
        ORDINARY_TITLES[row]: hits.names[rule]
        for row, rule in zip(hits.listings, hits.rules, strict=True)
    }
    assert flagged == {}


@pytest.mark.parametrize(
    ("title", "rule"),
    [
        ("water pistol and a real Glock 19 9mm", "weapons/firearm"),
        ("無農薬の畑から 農薬 小分け 50g", "agrochemicals/killer_products"),
        ("weed killer, and 3 grams of weed", "drugs_controlled/slang_with_dose"),
    ],
)
def test_an_innocent_compound_does_not_hide_the_rest(rules: RuleSet, title: str, rule: str) -> None:
    assert rule in rules.match(batch([title])).of(0)


def test_rules_seldom_flag_ordinary_listings(rules: RuleSet) -> None:
    if not COMPOSITE.exists():
        pytest.skip("composite_listings_v1 is not here: set MIMAWARI_DATA to its folder")
    table = pq.read_table(COMPOSITE, columns=["title", "topic"]).to_pylist()
    titles = [row["title"] for row in table if row["topic"] == "ordinary"]
    hits = rules.match(batch(titles))
    by_rule = Counter(hits.names[rule] for rule in hits.rules)
    by_topic = Counter(
        topic
        for topic, _ in {
            (hits.names[rule].split("/")[0], row)
            for row, rule in zip(hits.listings, hits.rules, strict=True)
        }
    )
    assert by_rule, "the rows did not reach the rules"
    noisy = {k: n / len(titles) for k, n in (by_rule + by_topic).items() if n > MOST * len(titles)}
    assert noisy == {}
