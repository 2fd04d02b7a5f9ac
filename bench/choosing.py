"""Which kind of detector does each topic of the demo's sample get, and why?

    python -m bench choosing

Compares linear, GBDT, gated unit and ensemble, each with the rules beside, in seller-grouped folds
on the part of the sample that the demo trains on, at each topic's capacity, as `mimawari train
--algorithm auto` does. Rules alone are no candidate here: their word lists were written after
reading the table that the sample is taken from, so no seller is new to them.
Writes bench/results/choosing.json, and the choices where the demo reads them:
src/mimawari/simulation/sample/chosen.json.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import msgspec
from joblib import Parallel, delayed

from bench.environment import result, write
from mimawari.cli.demo_models import MOST_A_CLASS
from mimawari.detectors.gbdt.rows import collect
from mimawari.evaluation.choosing.algorithms import ALGORITHMS
from mimawari.evaluation.choosing.prepare import capacity_of, other_labels
from mimawari.evaluation.choosing.run import Contest, as_lineage
from mimawari.evaluation.choosing.source import FileSource
from mimawari.evaluation.choosing.task import Settings, Task
from mimawari.simulation import sample

MODELS = tuple(name for name in ALGORITHMS if name != "rules")


def choose(topic: str, folds: int) -> dict[str, Any] | str:
    """Compare every kind; why not, where the labels are too few."""
    import torch

    torch.set_num_threads(1)  # one topic a process
    source = FileSource(sample.TRAIN)
    rows = collect(source.labelled(topic), MOST_A_CLASS)
    if rows.y.sum() < Settings().gbdt.least_positives:
        return f"{int(rows.y.sum())} positives: rules only"
    others = other_labels(rows, source.labels(), topic, 20)
    task = Task(topic, rows, Settings(folds=folds), others, rules=source.rules(topic))
    contest = Contest(task)
    if task.rules is not None:
        contest.held_out("rules")  # models are ranked with the rules, as they serve
    found = contest.compare(MODELS, capacity_of(task))
    print(f"{topic}: {found.why}", file=sys.stderr, flush=True)
    return as_lineage(found)


def main(quick: bool = False) -> dict[str, Any]:
    """Choose for every topic; ``quick`` takes two topics and three folds, and writes nothing."""
    topics = sorted({topic for _, labels in FileSource(sample.TRAIN).labels() for topic in labels})
    topics = topics[:2] if quick else topics
    told = Parallel(2)(delayed(choose)(topic, 3 if quick else 5) for topic in topics)
    figures = dict(zip(topics, told, strict=True))
    found = result([], figures)
    if not quick:
        kinds = {t: one["chosen"] for t, one in figures.items() if isinstance(one, dict)}
        sample.CHOSEN.write_bytes(msgspec.json.format(msgspec.json.encode(kinds)) + b"\n")
        write("choosing", found)
    return found


if __name__ == "__main__":
    print(json.dumps(main(), indent=1, ensure_ascii=False))
