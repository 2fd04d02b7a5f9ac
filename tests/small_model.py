"""Models that are trained in a second: on words of the golden listings, and on one word."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mimawari.detectors.gbdt import artifact
from mimawari.detectors.gbdt.rows import Rows, collect
from mimawari.detectors.gbdt.training import Settings, train
from mimawari.detectors.golden.listings import golden_listings
from mimawari.detectors.ngrams.spec import NgramSpec
from mimawari.evaluation.choosing.prepare import settings_of
from mimawari.evaluation.choosing.run import Contest
from mimawari.evaluation.choosing.task import Task
from mimawari.listings.listing import Listing
from mimawari.records.lineage import Lineage


def rows_of_market(seed: int = 3, listings: int = 400) -> Rows:
    """Titles of the golden listings' words, of which those with one of a few violate."""
    random = np.random.default_rng(seed)
    words = sorted({word for one in golden_listings() for word in one.title.split()})
    titles = [" ".join(random.choice(words, 6)) for _ in range(listings)]
    drawn = [
        Listing(id=str(i), version=1, seller_id=f"s{i % 40}", title=title)
        for i, title in enumerate(titles)
    ]
    violating = set(words[:: len(words) // 60])
    return collect([(one, int(bool(violating & set(one.title.split())))) for one in drawn])


def small_model(
    folder: Path, kind: str = "linear", topic: str = "weapons", lineage: Lineage | None = None
) -> Path:
    """Train a model into a folder, with its golden scores."""
    task = Task(topic, rows_of_market(), settings_of(5, folds=2, augment=False))
    Contest(task).save(kind, lineage or Lineage(by="ann"), folder)
    return folder


QUICK = Settings(NgramSpec(bits=12), choose_text=False, with_trees=False)
"""How settings are chosen and trees are grown is tried elsewhere."""


def word_artifact(
    word: str = "sabre", topic: str = "weapons", lineage: Lineage | None = None
) -> artifact.Artifact:
    """Train a model to which one word is a violation, and a cup is none."""
    listings = tuple(
        Listing(id=str(i), version=1, seller_id=f"s{i % 40}", title=f"a {title} {i}")
        for i in range(200)
        for title in (word if i % 2 else "cup",)
    )
    rows = Rows(listings, np.arange(200) % 2 == 1, np.ones(200))
    return train(rows, topic, QUICK, lineage=lineage)


def word_model(
    folder: Path, word: str = "sabre", topic: str = "weapons", lineage: Lineage | None = None
) -> Path:
    """Train it into a folder."""
    artifact.save(word_artifact(word, topic, lineage), folder)
    return folder
