"""Listings, topic files and models to measure with; made up, from a seed."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice

import lightgbm
import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.pipeline import FeatureUnion, make_union

from mimawari.detectors.calibration import fit_calibration
from mimawari.detectors.gbdt.artifact import Artifact
from mimawari.detectors.gbdt.detector import GbdtDetector
from mimawari.detectors.gbdt.features import compute, fit_neutral
from mimawari.detectors.gbdt.linear import TextSettings, fit_out_of_fold, length_scale, matrix
from mimawari.detectors.gbdt.rows import Rows
from mimawari.detectors.gbdt.training import Settings
from mimawari.detectors.gbdt.trees import TreeSettings, fit_trees
from mimawari.detectors.rules import RuleSet
from mimawari.detectors.topicfile import parse
from mimawari.listings.batch import ListingBatch
from mimawari.listings.listing import Listing
from mimawari.listings.prices import PriceReference
from mimawari.records.lineage import Lineage
from mimawari.simulation.marketplace import synthetic_listings, topic_name, topic_words

SEED, TOPICS, CHARACTERS, TREES = 1, 20, 300, 200
DISTINCT = 4  # models trained; more topics take copies of them, which cost as much to score


def listings(n: int, skip: int = 5000, characters: int = CHARACTERS) -> list[Listing]:
    """Draw listings to score, one in a hundred a violation: those after the first ones."""
    drawn = synthetic_listings(skip + n, SEED, TOPICS, characters)
    return [one for one, _ in islice(drawn, skip, None)]


@dataclass(frozen=True)
class Training:
    """Labelled listings of all topics."""

    listings: tuple[Listing, ...]
    violated: tuple[frozenset[str], ...]

    @classmethod
    def draw(cls, n: int) -> Training:
        drawn = list(synthetic_listings(n, SEED, TOPICS, CHARACTERS, violation_rate=0.4))
        return cls(tuple(one for one, _ in drawn), tuple(violated for _, violated in drawn))

    def rows(self, topic: int) -> Rows:
        y = np.array([topic_name(topic) in violated for violated in self.violated])
        return Rows(self.listings, y, np.ones(len(y)))


def artifact(training: Training, topic: int) -> Artifact:
    """Train a topic, and give it the most trees it could have: their cost is measured here."""
    rows, settings = training.rows(topic), Settings()
    batch, y = ListingBatch.of(rows.listings), rows.y
    scale, grams = length_scale(batch.texts), matrix(batch.texts, settings.spec)
    text, margins = fit_out_of_fold(
        grams, scale, y, rows.groups, rows.weight, settings.spec, TextSettings(folds=3)
    )
    prices, neutral = PriceReference.fit(rows.listings), fit_neutral(rows.listings)
    x = compute(batch, margins, None, prices, neutral)
    trees = fit_trees(x, y, rows.weight, margins[:, 2], TREES, TreeSettings())
    total = margins[:, 2] + trees.predict(x, raw_score=True, num_threads=1)
    return Artifact(
        topic_name(topic),
        settings.spec,
        text,
        trees.model_to_string(),
        fit_calibration(total, y, rows.weight),
        neutral,
        prices,
        Lineage(),
    )


def models(training: Training, topics: int = TOPICS) -> list[GbdtDetector]:
    """Make the detectors of some topics."""
    distinct = [artifact(training, i) for i in range(min(DISTINCT, topics))]
    return [
        GbdtDetector(replace(distinct[i % len(distinct)], topic=topic_name(i)))
        for i in range(topics)
    ]


@cache
def common_words() -> list[str]:
    """Give the words that most titles hold, most frequent first."""
    counts = Counter(w for one in listings(2000) if one.language == "en" for w in one.title.split())
    return [word for word, _ in counts.most_common(60)]


def rule(topic: int, number: int) -> str:
    """Write one rule: words beside words, phrases, exclusions or a price."""
    english, japanese = topic_words(SEED + 1000 * (number // 12 + 1), topic)
    own = [*topic_words(SEED, topic)[number % 2][:2], *english[:4], *japanese[:4]]
    words = json.dumps(own, ensure_ascii=False)
    # Real rules name ordinary words too ("case", "book"), which occur in many listings.
    others = json.dumps([*english[4:9], *common_words()[number * 3 % 60 : number * 3 % 60 + 3]])
    conditions = (
        f"{{ words = {words} }}",
        f"{{ all = [{{ words = {words} }}, {{ not = {{ words = {others} }} }}] }}",
        f"{{ all = [{{ words = {words} }}, {{ price = {{ below = 3000, currency = 'JPY' }} }}] }}",
        f"{{ any = [{{ words = {words} }}, {{ all = [{{ words = {others} }}, "
        f"{{ phrases = ['{english[9]} {english[10]}'] }}] }}] }}",
    )
    exclude = f"exclude = ['{own[0]} {english[11]}']\n" if number % 5 == 0 else ""
    when = conditions[number % len(conditions)]
    examples = "[rules.examples]\nmatch = ['x']\nno_match = ['y']\n"
    return f"[[rules]]\nid = 'rule_{number}'\n{exclude}when = {when}\n{examples}"


def rules(count: int, topics: int = TOPICS) -> RuleSet:
    """Compile about equally many rules a topic, ``count`` in all."""
    texts = []
    for topic in range(min(topics, count)):
        head = f"topic = '{topic_name(topic)}'\nseverity = 'high'\ncapacity = 50\n"
        head += "[title]\nen = 'Made up'\n[policy]\nen = 'Made up'\n"
        numbers = islice(range(count), topic, None, topics)
        texts.append(head + "".join(rule(topic, n) for n in numbers))
    return RuleSet.compile((parse(t) for t in texts), run_examples=False)


def vectoriser() -> FeatureUnion:
    """Hash the same n-grams with scikit-learn."""
    return make_union(
        HashingVectorizer(ngram_range=(1, 2), n_features=2**18, norm=None, binary=True),
        HashingVectorizer(
            analyzer="char", ngram_range=(2, 5), n_features=2**18, norm=None, binary=True
        ),
    )


def boosters(training: Training, topics: int = TOPICS, rows: int = 1000) -> list[lightgbm.Booster]:
    """Train LightGBM on scikit-learn's hashes, as many trees and leaves as ours."""
    x: csr_matrix = vectoriser().transform([one.text for one in training.listings[:rows]])
    distinct = []
    for topic in range(min(DISTINCT, topics)):
        y = training.rows(topic).y[:rows].astype(float)
        data = lightgbm.Dataset(x.astype(np.float64), y)
        distinct.append(lightgbm.train(TreeSettings().parameters(), data, num_boost_round=TREES))
    return [distinct[i % len(distinct)] for i in range(topics)]
