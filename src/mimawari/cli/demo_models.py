"""The demo's models: a topic each, trained side by side in processes of their own."""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from mimawari.detectors.gbdt.rows import collect
from mimawari.errors import InvalidInputError
from mimawari.evaluation.choosing.algorithms import ALGORITHMS
from mimawari.evaluation.choosing.prepare import other_labels
from mimawari.evaluation.choosing.run import Contest
from mimawari.evaluation.choosing.source import FileSource
from mimawari.evaluation.choosing.task import Settings, Task
from mimawari.records.lineage import Lineage
from mimawari.simulation import sample

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

# Each process holds the sample and its n-grams: about a gigabyte.
MOST_PROCESSES = 4
# The kind of model where none was chosen, or what the chosen one needs is not installed.
INSTEAD = "gbdt"
# Ordinary listings a model learns from: a third of the sample, so that the demo takes a minute.
MOST_A_CLASS = 5_000


def train_each(topics: Sequence[str], folder: Path) -> Iterator[tuple[str, str, str]]:
    """Train the topics' models into folders of their names, as they get ready.

    Yields
    ------
    Topic, kind of its model, and why it has none: empty where it has one.
    """
    workers = min(MOST_PROCESSES, os.cpu_count() or 1, len(topics))
    # Fresh processes: this one has threads and a database, which a fork would copy half-way.
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=fresh) as pool:
        training = {pool.submit(train_topic, topic, folder / topic): topic for topic in topics}
        try:
            for done in as_completed(training):
                yield training[done], *done.result()
        finally:
            pool.shutdown(cancel_futures=True)


def train_topic(topic: str, folder: Path) -> tuple[str, str]:
    """Train the kind of model that was chosen for a topic on the sample.

    Returns
    -------
    The kind, and why there is no model: empty where there is one.
    """
    source = FileSource(sample.TRAIN)
    rows = collect(source.labelled(topic), MOST_A_CLASS)
    task = Task(topic, rows, Settings())
    kind = kind_of(task)
    if kind == "rules":
        return kind, "the rules are within noise of every model"
    if "gmu" in (kind, *ALGORITHMS[kind].members(task)):
        least = task.settings.gmu.least_positives
        task = replace(task, others=other_labels(rows, source.labels(), topic, least))
    try:
        Contest(task).save(kind, Lineage(by="demo", data="sample"), folder)
    except InvalidInputError as error:
        return kind, error.problems[0].problem
    return kind, ""


def chosen_kinds() -> dict[str, str]:
    """Give the kind that `bench choosing` found for each topic."""
    return msgspec.json.decode(sample.CHOSEN.read_bytes(), type=dict[str, str])


def kind_of(task: Task) -> str:
    """Give the kind that was chosen; trees where what it needs is not installed."""
    kind = chosen_kinds().get(task.topic, INSTEAD)
    # Rules need nothing, and are not looked up here.
    return kind if kind == "rules" or not ALGORITHMS[kind].absent(task) else INSTEAD
