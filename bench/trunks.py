"""Does a topic's gated unit gain from the labels of other topics, which share its trunk?

    python -m bench trunks

The six larger topics of one real market, folds grouped by vendor: trained with the labels of all
other topics as further heads of one trunk, and alone. Writes bench/results/trunks.json.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import numpy as np
from joblib import Parallel, delayed

from bench.environment import aim, result, rounded, write
from bench.kinds import contest
from bench.quality import LARGER, interval, market, rows_of
from mimawari.detectors.gbdt.evaluate import measure_scores
from mimawari.detectors.gmu.training.train import held_out_scores


def both(topic: str, folds: int) -> dict[str, Any]:
    """Give the AUPRC of either way, held out, with its interval over vendors."""
    import torch

    torch.set_num_threads(1)  # one topic a process
    rows = rows_of(topic)
    shared = contest(rows, topic, [r["topic"] for r in market()], 0, None).task
    found = {}
    for name, task in {"one_trunk": shared, "a_model_a_topic": replace(shared, others={})}.items():
        cut = task.folds[:folds]
        margins = held_out_scores(task.labelled, cut, task.settings.gmu)[:, 0]
        held = np.sort(np.concatenate([rest for _, rest in cut]))
        found[name] = interval(measure_scores(margins[held], rows.take(held), topic, ()).auprc)
    print(f"{topic}: {found}", file=sys.stderr, flush=True)
    return found


def main(quick: bool = False) -> dict[str, Any]:
    """Compare on all six; ``quick`` takes one topic and two folds, and writes nothing."""
    topics, folds = (("steroids",), 2) if quick else (LARGER, 5)
    told = Parallel(2)(delayed(both)(topic, folds) for topic in topics)
    figures: dict[str, Any] = dict(zip(topics, told, strict=True))
    means = {
        way: rounded(float(np.mean([figures[t][way][0] for t in topics])))
        for way in ("one_trunk", "a_model_a_topic")
    }
    gain = means["one_trunk"] - means["a_model_a_topic"]
    aims = [aim("AUPRC that a shared trunk gains, mean of the topics", 0, gain)]
    found = result(aims, {"means": means, "topics": figures})
    if not quick:
        write("trunks", found)
    return found
