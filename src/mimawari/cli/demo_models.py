"""The demo's models: a topic each, trained side by side in processes of their own."""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import TYPE_CHECKING

from mimawari.detectors.gbdt import artifact
from mimawari.detectors.gbdt.rows import collect
from mimawari.detectors.gbdt.training import train
from mimawari.errors import InvalidInputError
from mimawari.listings.readers import read_listings
from mimawari.simulation import sample

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

# Each process holds the sample and its n-grams: about a gigabyte.
MOST_PROCESSES = 4
# Ordinary listings a model learns from: a third of the sample, so that the demo takes a minute.
MOST_A_CLASS = 5_000


def train_each(topics: Sequence[str], folder: Path) -> Iterator[tuple[str, str]]:
    """Train the topics' models into folders of their names, as they get ready.

    Yields
    ------
    Topic, and why it has no model: empty where it has one.
    """
    workers = min(MOST_PROCESSES, os.cpu_count() or 1, len(topics))
    # Fresh processes: this one has threads and a database, which a fork would copy half-way.
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=fresh) as pool:
        training = {pool.submit(train_one, topic, folder / topic): topic for topic in topics}
        try:
            for done in as_completed(training):
                yield training[done], done.result()
        finally:
            pool.shutdown(cancel_futures=True)


def train_one(topic: str, folder: Path) -> str:
    """Train a topic's model on the sample; say why where its labels are too few."""
    rows = ((r.listing, r.labels.get(topic)) for r in read_listings(sample.TRAIN) if r.listing)
    try:
        model = train(collect(rows, MOST_A_CLASS), topic, lineage={"by": "demo", "data": "sample"})
    except InvalidInputError as error:
        return error.problems[0].problem
    artifact.save(model, folder)
    return ""
