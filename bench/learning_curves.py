"""How good is each kind with 20, 50 and 100 violations of a rare topic, and what does auto pick?

    python -m bench learning_curves
    python -m bench.learning_curves --draws 5    (more draws: what is measured already is kept)

Of each topic a quarter of the sellers is held out (drawn anew with each seed). Of the others so
many violations and 600 other listings are drawn, the fewer among the more; every kind is trained on
these by the default command, in which disguised copies are learnt where they pay, and ranks what
was held out: its violations among at most 600 others. What a text score knows of public sets
leaves the judged set out. `auto` is what `--algorithm auto` picks from the same labels in three
folds, at 100 alerts. Beside them what a user would pick. Without the gated unit, which takes
minutes a model. Writes bench/results/learning_curves.json and docs/images/learning-curves.svg.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from bench.elsewhere import SAME
from bench.environment import RESULTS, result, rounded, write
from bench.kinds import tfidf_lr
from bench.markets import Case, agora, composite, vape
from mimawari.detectors.gbdt.folds import grouped_folds
from mimawari.detectors.gbdt.rows import Rows
from mimawari.detectors.loading import load_model
from mimawari.detectors.sentences.artifact import EncoderFiles
from mimawari.detectors.sentences.export import export
from mimawari.evaluation.choosing.prepare import settings_of
from mimawari.evaluation.choosing.run import Contest
from mimawari.evaluation.choosing.task import Settings, Task
from mimawari.listings.batch import ListingBatch
from mimawari.records.lineage import Lineage

KINDS = ("linear", "tfidf", "gbdt", "sentences", "ensemble")
POSITIVES, OTHERS, CAPACITY, FOLDS, PARTS = (20, 50, 100), 600, 100, 3, 4
TOPICS = {
    "agora_2014_listings": ("weapons", "counterfeit_goods", "forged_documents", "hacking"),
    "composite_listings_v1": ("weapons",),
    "cryptomarket_vape_listings": ("eliquid", "synthetic_cannabinoids"),
}
SOURCES: tuple[Callable[[], Iterator[Case]], ...] = (agora, composite, vape)


def cases() -> Iterator[Case]:
    """Give the rare topics."""
    for case in itertools.chain.from_iterable(source() for source in SOURCES):
        if case.topic in TOPICS[case.source]:
            yield case


def drawn(rows: Rows, positives: int, seed: int) -> tuple[Rows, Rows] | None:
    """Draw what is learnt and what is held out; None where too few violations are left.

    The draws of one seed are nested: the violations of a smaller number are among the larger's.
    """
    fit, held = next(iter(grouped_folds(rows.y, rows.groups, PARTS, seed)))
    random = np.random.default_rng((seed, 0x1EA2))
    inside = random.permutation(fit[rows.y[fit]])[:positives]
    rest = random.permutation(fit[~rows.y[fit]])[:OTHERS]
    if len(inside) < positives or len(np.unique(rows.groups[inside])) < FOLDS:
        return None
    others = random.permutation(held[~rows.y[held]])[:OTHERS]
    judged = np.concatenate((held[rows.y[held]], others))
    return rows.take(np.concatenate((inside, rest))), rows.take(judged)


def settings(source: str) -> Settings:
    """Give what `mimawari train` sets, without what is known of the judged set."""
    default = settings_of(2, FOLDS)
    without = SAME if source in SAME else (source,)
    gbdt = msgspec.structs.replace(default.gbdt, public_without=without)
    return msgspec.structs.replace(default, gbdt=gbdt)


def judged(case: Case, positives: int, seed: int, encoder: EncoderFiles) -> dict[str, Any] | None:
    """Train every kind on a draw; AUPRC of what was held out, and which kind auto picks."""
    if (parts := drawn(case.rows, positives, seed)) is None:
        return None
    fit, held = parts
    task = replace(Task(case.topic, fit, settings(case.source)), sentences=encoder)
    contest, batch = Contest(task), ListingBatch.of(held.listings)
    comparison = contest.compare(KINDS, CAPACITY)
    auprc = {}
    for name in KINDS:
        with tempfile.TemporaryDirectory() as folder:
            contest.save(name, Lineage(), Path(folder) / "m")
            auprc[name] = precision(held, load_model(Path(folder) / "m").score(batch)[:, 0])
    texts = [[one.text for one in part.listings] for part in parts]
    auprc["tfidf_lr"] = precision(held, tfidf_lr(texts[0], fit.y, texts[1]))
    auprc["auto"] = auprc[comparison.chosen]
    return {"auprc": auprc, "auto_chose": comparison.chosen, "judged_positives": int(held.y.sum())}


def precision(held: Rows, scores: NDArray[np.floating]) -> float:
    """Give the AUPRC of what was held out."""
    return rounded(float(average_precision_score(held.y, scores)))


def summary(draws: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Average over draws, and over the topics that have every number of violations.

    Parameters
    ----------
    draws
        What was measured, by "topic|violations|seed".
    """
    curves: dict[str, dict[str, Any]] = {}
    for key, one in draws.items():
        topic, positives, _ = key.split("|")
        curves.setdefault(topic, {}).setdefault(positives, []).append(one)
    figures = {
        topic: {n: _mean(measured) for n, measured in of_topic.items()}
        for topic, of_topic in curves.items()
    }
    whole = [of_topic for of_topic in figures.values() if len(of_topic) == len(POSITIVES)]
    means = {
        str(n): {
            name: rounded(float(np.mean([topic[str(n)]["auprc"][name] for topic in whole])))
            for name in (*KINDS, "tfidf_lr", "auto")
        }
        for n in POSITIVES
        if whole
    }
    return {"topics": figures, "mean_of_topics": means, "topics_in_mean": len(whole),
            "draws": draws}  # fmt: skip


def _mean(measured: list[dict[str, Any]]) -> dict[str, Any]:
    names = measured[0]["auprc"]
    picks = [one["auto_chose"] for one in measured]
    each = {name: [one["auprc"][name] for one in measured] for name in names}
    return {
        "draws": len(measured),
        "auprc": {name: rounded(float(np.mean(values))) for name, values in each.items()},
        "least": {name: min(values) for name, values in each.items()},
        "most": {name: max(values) for name, values in each.items()},
        "auto_chose": {name: picks.count(name) for name in KINDS if name in picks},
    }


def kept() -> dict[str, Any]:
    """Read the draws of earlier runs."""
    path = RESULTS / "learning_curves.json"
    return dict(json.loads(path.read_text("utf-8"))["figures"]["draws"]) if path.is_file() else {}


def main(quick: bool = False, draws: int = 3) -> dict[str, Any]:
    """Measure draw by draw, and write what there is; ``quick`` takes one and writes nothing."""
    measured, encoder = {} if quick else kept(), export()
    everything = list(cases())[: 1 if quick else None]
    for seed, case, positives in itertools.product(
        range(1 if quick else draws), everything, POSITIVES[: 1 if quick else None]
    ):
        key = f"{case.source}: {case.topic}|{positives}|{seed}"
        if key in measured:
            continue
        if (one := judged(case, positives, seed, encoder)) is None:
            continue
        measured[key] = one
        print(key, one, file=sys.stderr, flush=True)
        if not quick:
            write("learning_curves", result([], summary(measured)))
    found = result([], summary(measured))
    if not quick:
        from bench import learning_curves_figure

        learning_curves_figure.save(found["figures"])
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.learning_curves")
    parser.add_argument("--draws", type=int, default=3, help="seeds")
    parser.add_argument("--quick", action="store_true", help="one draw of one topic")
    asked = parser.parse_args()
    print(json.dumps(main(asked.quick, asked.draws), indent=1, ensure_ascii=False))
