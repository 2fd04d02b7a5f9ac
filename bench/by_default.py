"""How good are the detectors on one real market by the default command, copies decided by data?

    python -m bench by_default
    python -m bench.by_default --topics weapons,steroids    (the others' figures are kept)

The rows, vendors' folds (seed 0) and measure of P1 of `bench quality`, with the settings of a plain
`mimawari train`: the text score chooses its settings and whether disguised copies are learnt,
anew in every fold. Its knowledge of public topics leaves this market out. Beside it the
linear model without copies, with them, and by the fixed settings of the first candidate. `auto` is
chosen for each fold by the other folds' held-out scores, and put on one scale by these where the
folds chose different kinds. Without the gated unit, which learns no copies. AUPRC is measured over
the pooled scores of all folds, as P1 has been, which asks models of different folds for one common
scale; and beside that as the mean of the folds', as `bench elsewhere` does.
Writes bench/results/by_default.json.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from bench.beside_tfidf import InFolds
from bench.elsewhere import SAME
from bench.environment import RESULTS, aim, result, rounded, write
from bench.kinds import Sentences
from bench.quality import CAPACITY, LARGER, interval, market, rows_of
from mimawari.detectors.gbdt.evaluate import measure_scores
from mimawari.detectors.platt import fit_scale
from mimawari.evaluation.choosing.compare import compare
from mimawari.evaluation.choosing.prepare import settings_of
from mimawari.evaluation.choosing.run import ENSEMBLE, Contest
from mimawari.evaluation.choosing.task import Settings, Task

KINDS = ("linear", "tfidf", "gbdt", "sentences", "ensemble")
AIMS = {"linear": 0.83, "ensemble": 0.86, "auto": 0.85}
TOPICS = (*LARGER, "pirated_software", "guides_ebooks", "illegal_drugs")


def settings(copies: bool | None, choose_text: bool = True) -> Settings:
    """Give what `mimawari train` sets, without what is known of this market."""
    default = settings_of(1, augment=copies)
    gbdt = msgspec.structs.replace(default.gbdt, public_without=SAME, choose_text=choose_text)
    return msgspec.structs.replace(default, gbdt=gbdt)


BESIDE = {
    "linear_without_copies": settings(False),
    "linear_with_copies": settings(True),
    "linear_fixed_without_copies": settings(False, choose_text=False),
}
"""Other settings of the linear model."""


def chosen(contest: Contest, kinds: Sequence[str]) -> tuple[NDArray[np.float64], dict[str, int]]:
    """Choose a kind for each fold by the other folds.

    Where all folds choose one kind, its scores stand as they do in its own row. Where they differ,
    each fold's are put on one scale by the other folds.
    """
    task, margins = contest.task, contest.margins
    names = []
    for fit, _ in task.folds:
        of_others = {name: margins[name][fit] for name in kinds}
        rows = task.rows.take(fit)
        names.append(compare(task.topic, rows, of_others, CAPACITY, preferred=ENSEMBLE).chosen)
    times = dict(Counter(names))
    if len(times) == 1:
        return margins[names[0]], times
    scores = np.full(len(task.rows.y), -np.inf)
    for name, (fit, held) in zip(names, task.folds, strict=True):
        rows = task.rows.take(fit)
        scale = fit_scale(margins[name][fit], rows.y, rows.weight)
        scores[held] = scale.log_odds(margins[name][held])
    return scores, times


def one_topic(topic: str, sentences: Sentences) -> dict[str, Any]:
    """Score a topic by every kind."""
    rows = rows_of(topic)
    task = Task(topic, rows, settings(None), sentences=sentences.files)
    task = replace(task, vectors=[sentences.vectors])
    contest = Contest(task)
    for name in KINDS:
        contest.held_out(name)
    scores = dict(contest.margins)
    for name, how in BESIDE.items():
        forced = Contest(Task(topic, rows, how))
        forced.held_out("linear")
        scores[name] = forced.margins["linear"]
    scores["auto"], times = chosen(contest, KINDS)
    return {
        **of_topic(scores, task),
        "auto_chose": times,
        "decided": list(task.trained.of_folds()),
    }


def of_topic(scores: dict[str, NDArray[np.float64]], task: Task) -> dict[str, Any]:
    """Measure every kind's held-out scores, pooled and fold by fold."""
    rows, folds = task.rows, [held for _, held in task.folds]
    pooled = {n: measure_scores(s, rows, task.topic, ()).auprc for n, s in scores.items()}
    return {
        "positives": int(rows.y.sum()),
        "auprc_of": {name: interval(measured) for name, measured in pooled.items()},
        "mean_of_folds": {
            name: rounded(InFolds(rows, one, folds).average_precision(rows.weight))
            for name, one in scores.items()
        },
    }


def kept() -> dict[str, Any]:
    """Read the topics of earlier runs."""
    path = RESULTS / "by_default.json"
    return dict(json.loads(path.read_text("utf-8"))["figures"]["p1"]) if path.is_file() else {}


def summary(topics: dict[str, Any]) -> dict[str, Any]:
    """Average over the six larger topics, as far as they are measured."""
    measured = [topics[t] for t in LARGER if t in topics]
    names = list(measured[0]["auprc_of"]) if measured else []
    means = {n: rounded(float(np.mean([t["auprc_of"][n][0] for t in measured]))) for n in names}
    in_folds = {
        n: rounded(float(np.mean([t["mean_of_folds"][n] for t in measured]))) for n in names
    }
    aims = [
        aim(f"P1 AUPRC by the default command, {name}, mean of six", least, means[name])
        for name, least in AIMS.items()
        if len(measured) == len(LARGER)
    ]
    figures = {
        "p1": topics,
        "p1_mean_of_six_auprc": means,
        "p1_mean_of_six_mean_of_folds": in_folds,
        "topics_in_mean": len(measured),
    }
    return result(aims, figures)


def main(quick: bool = False, topics: Sequence[str] = TOPICS) -> dict[str, Any]:
    """Measure topic by topic, and write what there is; ``quick`` takes one and writes nothing."""
    wanted = TOPICS[:1] if quick else topics
    measured = {} if quick else kept()
    print(f"{len(market()):,} rows", file=sys.stderr, flush=True)
    sentences = Sentences.of(rows_of(wanted[0]))
    for topic in wanted:
        measured[topic] = one_topic(topic, sentences)
        print(topic, measured[topic], file=sys.stderr, flush=True)
        if not quick:
            write("by_default", summary(measured))
    return summary(measured)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.by_default")
    parser.add_argument("--topics", default=",".join(TOPICS), help="by commas")
    asked = parser.parse_args()
    print(json.dumps(main(topics=asked.topics.split(",")), indent=1, ensure_ascii=False))
