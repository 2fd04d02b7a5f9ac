from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from mimawari.detectors.gbdt.detector import GbdtDetector
from mimawari.detectors.gbdt.linear import TFIDF
from mimawari.detectors.gbdt.rows import Rows
from mimawari.detectors.gbdt.training import Settings, train
from mimawari.detectors.gbdt.trees import TreeSettings, fit_trees
from mimawari.detectors.ngrams import NgramSpec, gather
from mimawari.detectors.packs import starter
from mimawari.detectors.rules import RuleSet
from mimawari.detectors.topicfile import load
from mimawari.listings.batch import ListingBatch
from mimawari.simulation.marketplace import synthetic_listings, topic_name

SMALL = Settings(NgramSpec(bits=14))
NORMED = Settings(NgramSpec(bits=14), text=TFIDF, choose_text=False)
OTHER = Settings(NgramSpec((1,), (3,), bits=13))


def model(number: int, settings: Settings) -> GbdtDetector:
    """Train a topic of the synthetic marketplace."""
    told = list(synthetic_listings(900, seed=1, topics=3, characters=80, violation_rate=0.4))
    y = np.array([topic_name(number) in violated for _, violated in told])
    rows = Rows(tuple(one for one, _ in told), y, np.ones(len(y)))
    artifact = train(rows, topic_name(number), settings)
    # Training leaves trees out where they do not help; here they must be there.
    text, batch = GbdtDetector(replace(artifact, trees="")), ListingBatch.of(rows.listings)
    margins = text.margins(batch, gather(batch.texts, text.spec, text.text_weights))
    x, noise = text.features(batch, margins), np.random.default_rng(number).random(len(y)) < 0.1
    trees = fit_trees(x, y ^ noise, rows.weight, margins[:, 2] / 2, 30, TreeSettings())
    return GbdtDetector(replace(artifact, trees=trees.model_to_string()))


@pytest.fixture(scope="session")
def models() -> Sequence[GbdtDetector]:
    return [model(0, SMALL), model(1, OTHER), model(2, NORMED)]


@pytest.fixture(scope="session")
def rules() -> RuleSet:
    return RuleSet.compile(load(p) for p in starter() if p.stem in ("weapons", "counterfeit"))


@pytest.fixture(scope="session")
def batch() -> ListingBatch:
    told = synthetic_listings(300, seed=2, topics=3, characters=80, violation_rate=0.3)
    return ListingBatch.of([one for one, _ in told])
