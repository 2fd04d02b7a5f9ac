"""Which rule pools the members of an ensemble best, where few sellers violate?

    python -m bench pooling
    python -m bench.pooling --kept FOLDER    (held-out margins are kept there, and read if they are)

Rules are tried on held-out margins of topics that are not of the market that `bench quality`
judges by (`bench.kept_margins`). AUPRC over all folds together, which asks models of several folds
for one scale, and as the mean of the folds'; and how many topics are more than .02 below their best
member. Without disguised copies. Writes bench/results/pooling.json.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.elsewhere import SentenceReader
from bench.environment import result, rounded, write
from bench.kept_margins import MEMBERS, Floats, Kept, cases, kept
from mimawari.detectors.ensemble.pool import pool
from mimawari.detectors.gbdt.acceptance import Ranking
from mimawari.detectors.platt import fit_scale, rises
from mimawari.evaluation.choosing.ensembles import useful

FAR = 0.02


@dataclass(frozen=True)
class Part:
    """The rows of some folds, as `useful` reads them."""

    y: Any
    weight: Any
    groups: Any


def cross_fitted(
    margins: dict[str, Floats],
    topic: Kept,
    lines: bool,
    slopes_alone: bool = False,
    leave_out: bool = True,
    rising: bool = False,
) -> Floats:
    """Pool each fold by what the other folds say.

    Parameters
    ----------
    lines
        Whether members weigh by a line to log-odds (Platt), or the same.
    slopes_alone
        Of the lines take the slopes, as weights that add up to 1.
    leave_out
        Whether those without whom the pool surely ranks better are left out.
    rising
        Whether those are left out whose margins do not rise with violations.
    """
    pooled = np.empty(len(topic.y))
    for fit, held in topic.folds:
        y, weight = topic.y[fit], topic.weight[fit]
        scales = {name: fit_scale(some[fit], y, weight) for name, some in margins.items()}
        names = [n for n in margins if not rising or rises(margins[n][fit], y, weight)]
        opinions = {
            name: scales[name].log_odds(margins[name][fit]) if lines else margins[name][fit]
            for name in names or margins
        }
        part = Part(y, weight, topic.groups[fit])
        used = useful(opinions, part) if leave_out else tuple(opinions)  # type: ignore[arg-type]
        asked = {name: margins[name][held] for name in used}
        if slopes_alone:
            total = sum(scales[name].slope for name in used)
            pooled[held] = sum(scales[n].slope * some for n, some in asked.items()) / total
        else:
            pooled[held] = pool(
                [scales[n].log_odds(some) if lines else some for n, some in asked.items()]
            )
    return pooled


RULES: dict[str, Callable[[Kept], Floats]] = {
    **{name: lambda t, name=name: t.margins(name) for name in MEMBERS},  # type: ignore[misc]
    "log_odds": lambda t: cross_fitted({n: t.margins(n) for n in MEMBERS}, t, lines=True),
    "by_other_folds": lambda t: cross_fitted(
        {n: t.by_other_folds(n) for n in MEMBERS}, t, lines=False
    ),
    "log_odds_of_deviations": lambda t: cross_fitted(t.deviations, t, lines=True),
    "slopes": lambda t: cross_fitted(t.deviations, t, lines=True, slopes_alone=True),
    "equal": lambda t: cross_fitted(t.deviations, t, lines=False, leave_out=False),
    "equal_without_worse": lambda t: cross_fitted(t.deviations, t, lines=False),
    "equal_without_worse_or_flat": lambda t: cross_fitted(
        t.deviations, t, lines=False, rising=True
    ),
}
"""How members are pooled, the members themselves first; the last is what ensembles do."""


def measured(topic: Kept, scores: Floats) -> tuple[float, float]:
    """Give AUPRC over all folds and as the mean of the folds'."""
    whole = Ranking(topic.y, scores).average_precision(topic.weight)
    folds = [held for _, held in topic.folds if topic.y[held].any()]
    each = [Ranking(topic.y[h], scores[h]).average_precision(topic.weight[h]) for h in folds]
    return whole, float(np.mean(each))


def summary(topics: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Average over topics, and count those far below their best member."""
    table = np.array([[topic["auprc"][rule] for rule in RULES] for topic in topics])
    below = table - table[:, : len(MEMBERS)].max(axis=1, keepdims=True) < -FAR
    return {
        rule: {
            "over_all_folds": rounded(float(table[:, i, 0].mean())),
            "mean_of_folds": rounded(float(table[:, i, 1].mean())),
            "far_below_best_member": [int(below[:, i, m].sum()) for m in range(2)],
        }
        for i, rule in enumerate(RULES)
    }


def best_by_other_sets(topics: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Name for each set the rule that is best over all folds of the other sets' topics."""
    names = list(RULES)[len(MEMBERS) :]
    chosen = {}
    for source in sorted({topic["set"] for topic in topics}):
        others = [t for t in topics if t["set"] != source]
        if others:
            means = [float(np.mean([t["auprc"][n][0] for t in others])) for n in names]
            chosen[source] = names[int(np.argmax(means))]
    return chosen


def main(quick: bool = False, folder: Path | None = None) -> dict[str, Any]:
    """Try all rules; ``quick`` takes one topic and writes nothing."""
    with tempfile.TemporaryDirectory() as scratch:
        reader, topics = SentenceReader(), []
        for case in cases():
            topic = kept(case, reader, folder or Path(scratch))
            scores = {rule: measured(topic, work(topic)) for rule, work in RULES.items()}
            topics.append(
                {
                    "set": case.source,
                    "topic": case.topic,
                    "positives": int(topic.y.sum()),
                    "groups_with_positives": len(set(topic.groups[topic.y].tolist())),
                    "auprc": {r: [rounded(v) for v in both] for r, both in scores.items()},
                }
            )
            print(topics[-1], file=sys.stderr, flush=True)
            if quick:
                break
    figures = {
        "over_all_topics": summary(topics),
        "best_by_other_sets": best_by_other_sets(topics),
        "topics": topics,
    }
    outcome = result([], figures)
    if not quick:
        write("pooling", outcome)
    return outcome


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.pooling")
    parser.add_argument("--kept", type=Path, help="folder of held-out margins")
    print(json.dumps(main(folder=parser.parse_args().kept), indent=1, ensure_ascii=False))
