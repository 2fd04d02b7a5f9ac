"""How good are the detectors where nothing was tuned: every labelled set, another year, market?

    python -m bench elsewhere
    python -m bench.elsewhere --sets vape_listings --quick    (sets whose name has this; less data)
    python -m bench.elsewhere --rows 1500 --kinds linear,tfidf    (half an hour)
    python -m bench.elsewhere --kinds linear,tfidf,gbdt,sentences,ensemble    (hours)
    python -m bench.elsewhere --copies decided    (as a plain `mimawari train`; never by default)

Each topic of each set in its own seller-grouped folds (seed 0), beside TF-IDF with balanced
logistic regression and NB-SVM, all in the same folds; AUPRC is the mean of the folds'. What a text
score knows of public topics leaves the set out that it is judged by. Models learn disguised copies
never, always, or where they pay, as ``--copies`` says. `sentences` reads all-MiniLM-L6-v2, as
`mimawari encoder` writes it. `auto` is chosen for every fold from the kinds that are run, by the
held-out scores of the other folds.
Sets of more than 12,000 rows (``--rows``) are thinned, violations least.
Then one half of a market's time against the other, and one market against another, each time
judged by sellers that the learning did not see, and by models that were saved and loaded.
Writes bench/results/elsewhere.json; a run of some sets keeps the figures of the others.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from bench.beside_tfidf import DRAWS, RULES, Scores, differences, rules_by_other_sets, verdicts
from bench.environment import RESULTS, aim, result, write
from bench.kinds import Sentences, tfidf_lr
from bench.markets import SETS, Case, Move, across, fewer, later
from bench.nbsvm import nbsvm
from mimawari.detectors.gbdt.rows import Rows
from mimawari.detectors.gbdt.training import Settings as GbdtSettings
from mimawari.detectors.loading import load_model
from mimawari.detectors.sentences.export import export
from mimawari.detectors.sentences.training import AT_ONCE
from mimawari.evaluation.choosing.algorithms import ALGORITHMS, TEXT_KINDS
from mimawari.evaluation.choosing.compare import compare
from mimawari.evaluation.choosing.prepare import settings_of as default_settings
from mimawari.evaluation.choosing.run import ENSEMBLE, Contest
from mimawari.evaluation.choosing.task import Settings, Task
from mimawari.listings.batch import ListingBatch
from mimawari.records.lineage import Lineage

TEXT = tuple(TEXT_KINDS)
INSTEAD = {"tfidf_lr": tfidf_lr, "nbsvm": nbsvm}
MOST, QUICK_MOST, QUICK_TOPICS, CAPACITY = 12_000, 1_000, 2, 100
# Their violations are the same listings: who is judged by one must not know the other.
SAME = ("agora_2014_listings", "composite_listings_v1")


COPIES = {"never": False, "always": True, "decided": None}


def settings_of(source: str, copies: str = "never") -> GbdtSettings:
    """Give the settings of a text score that knows nothing of a set."""
    without = SAME if source in SAME else (source,)
    settings = default_settings(1, augment=COPIES[copies]).gbdt
    return msgspec.structs.replace(settings, public_without=without)


class SentenceReader:
    """An English sentence encoder that reads each text once, whatever topics it stands in."""

    def __init__(self) -> None:
        self._files = export()
        self._encoder = self._files.encoder()
        self._vectors: dict[str, NDArray[np.float32]] = {}

    def of(self, rows: Rows) -> Sentences:
        """Give the encoder and its vectors of the rows."""
        unread = {
            listing.text: listing for listing in rows.listings if listing.text not in self._vectors
        }
        listings = list(unread.values())
        for start in range(0, len(listings), AT_ONCE):
            batch = ListingBatch.of(listings[start : start + AT_ONCE])
            for listing, vector in zip(batch.listings, self._encoder.of(batch), strict=True):
                self._vectors[listing.text] = vector
        vectors = np.stack([self._vectors[listing.text] for listing in rows.listings])
        return Sentences(self._files, vectors)


def chosen(
    contest: Contest, kinds: Sequence[str]
) -> tuple[dict[str, Scores], dict[str, dict[str, int]]]:
    """Choose a kind for each fold by the other folds' held-out scores, as `auto` does.

    Beside it what other rules would have chosen from the same comparison: the ensemble only within
    one standard error of the best, the best, and the simplest within noise of it.
    """
    task = contest.task
    scores = {rule: np.full(len(task.rows.y), -np.inf) for rule in RULES}
    times: dict[str, dict[str, int]] = {rule: {} for rule in RULES}
    for fit, held in task.folds:
        rows = task.rows.take(fit)
        margins = {name: contest.margins[name][fit] for name in kinds}
        comparison = compare(
            task.topic, rows, margins, CAPACITY, draws=DRAWS // 2, preferred=ENSEMBLE
        )
        for rule, choose in RULES.items():
            name = choose(comparison)
            scores[rule][held] = contest.margins[name][held]
            times[rule][name] = times[rule].get(name, 0) + 1
    return scores, times


def judged(
    case: Case, kinds: Sequence[str], most: int, copies: str, reader: SentenceReader | None
) -> dict[str, Any]:
    """Score a topic by every kind in the set's folds."""
    rows = fewer(case.rows, most)
    task = _task(replace(case, rows=rows), copies, reader)
    contest = Contest(task)
    present = [name for name in kinds if not ALGORITHMS[name].absent(task)]
    for name in present:
        contest.held_out(name)
    texts = [listing.text for listing in rows.listings]
    scores = dict(contest.margins)
    for name, work in INSTEAD.items():
        scores[name] = np.full(len(rows.y), -np.inf)
        for fit, held in task.folds:
            parts = [texts[i] for i in fit], rows.y[fit], [texts[i] for i in held]
            scores[name][held] = work(*parts)
    by_rule, times = chosen(contest, present)
    scores |= by_rule
    print(case.source, case.topic, file=sys.stderr, flush=True)
    folds = [held for _, held in task.folds]
    decided = {"copies": copies, "chose": times, "text": list(task.trained.of_folds())}
    return {**counts(rows), **differences(rows, scores, folds), **decided}


def counts(rows: Rows) -> dict[str, int]:
    """Say how much there is to judge by."""
    groups = len(set(rows.groups[rows.y].tolist()))
    return {"rows": len(rows.y), "positives": int(rows.y.sum()), "groups_with_positives": groups}


def moved(
    move: Move, kinds: Sequence[str], most: int, copies: str, reader: SentenceReader | None
) -> dict[str, Any]:
    """Learn in one place, score in another, by models that are saved and loaded as they serve."""
    fit = fewer(move.fit, most)
    source = "agora_2014_listings" if "half" in move.name else "cryptomarket_vape_listings"
    contest = Contest(_task(Case(source, move.topic, fit), copies, reader))
    present = [name for name in kinds if not ALGORITHMS[name].absent(contest.task)]
    scores = {name: _saved_and_scored(contest, name, move.held) for name in present}
    comparison = contest.compare(present, CAPACITY)
    chose = {rule: choose(comparison) for rule, choose in RULES.items()}
    scores |= {rule: scores[name] for rule, name in chose.items()}
    learnt = [listing.text for listing in fit.listings]
    texts = [listing.text for listing in move.held.listings]
    scores |= {name: work(learnt, fit.y, texts) for name, work in INSTEAD.items()}
    print(move.name, move.topic, file=sys.stderr, flush=True)
    return {"learnt_positives": int(fit.y.sum()), "copies": copies, "chose": chose,
            **counts(move.held),
            **differences(move.held, scores, [np.arange(len(move.held.y))])}  # fmt: skip


def _saved_and_scored(contest: Contest, kind: str, held: Rows) -> Scores:
    with tempfile.TemporaryDirectory() as folder:
        contest.save(kind, Lineage(), Path(folder, kind))
        model = load_model(Path(folder, kind))
        return np.asarray(model.margin(ListingBatch.of(held.listings)), np.float64)


def _task(case: Case, copies: str, reader: SentenceReader | None) -> Task:
    """Give the task of `mimawari train`, its sentences read already."""
    task = Task(case.topic, case.rows, Settings(settings_of(case.source, copies)))
    if reader is None:
        return task
    read = reader.of(case.rows)
    return replace(task, sentences=read.files, vectors=[read.vectors])


def kept() -> dict[str, Any]:
    """Read the figures of earlier runs."""
    path = RESULTS / "elsewhere.json"
    none: dict[str, Any] = {"sets": {}, "moves": {}}
    return dict(json.loads(path.read_text("utf-8"))["figures"]) if path.is_file() else none


def main(
    quick: bool = False,
    sets: str = "",
    kinds: Sequence[str] = TEXT,
    rows: int = MOST,
    topics: int | None = None,
    moves: bool = True,
    copies: str = "never",
) -> dict[str, Any]:
    """Judge the sets whose name has ``sets`` in it; a quick run keeps nothing."""
    most = QUICK_MOST if quick else rows
    figures: dict[str, Any] = {"sets": {}, "moves": {}} if quick else kept()
    reader = SentenceReader() if "sentences" in kinds else None
    for name in (name for name in SETS if sets in name):
        cases = list(SETS[name]())[: QUICK_TOPICS if quick else topics]
        figures["sets"][name] = {}
        for case in cases:
            figures["sets"][name][case.topic] = judged(case, kinds, most, copies, reader)
            keep(figures, quick)
    if moves:
        wanted = list(across())[:2] if quick else [*later(), *across()]
        for move in wanted:
            name = f"{move.name}: {move.topic}"
            figures["moves"][name] = moved(move, kinds, most, copies, reader)
            keep(figures, quick)
    return keep(figures, quick)


def keep(figures: dict[str, Any], quick: bool) -> dict[str, Any]:
    """Summarise, and write what a whole run has measured so far."""
    topics = [topic for one in figures["sets"].values() for topic in one.values()]
    figures["over_all_sets"] = verdicts(topics)
    figures["rules_by_other_sets"] = rules_by_other_sets(figures["sets"])
    figures["over_all_moves"] = verdicts(list(figures["moves"].values()))
    aims = []
    if auto := figures["over_all_sets"].get("auto"):
        aims = [
            aim("auto minus TF-IDF + logistic regression, mean AUPRC", 0.02, auto["mean"]),
            aim("topics where auto is surely below TF-IDF", 0, auto["losses"], at_most=True),
        ]
    measured = result(aims, figures)
    if not quick:
        write("elsewhere", measured)
    return measured


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.elsewhere")
    parser.add_argument("--sets", default="", help="only sets whose name has this in it")
    parser.add_argument("--quick", action="store_true", help="two topics a set, 1,000 rows")
    parser.add_argument("--kinds", default=",".join(TEXT), help="kinds of detector, by commas")
    parser.add_argument("--rows", type=int, default=MOST, help="most rows of a topic")
    parser.add_argument("--topics", type=int, help="only the first topics of each set")
    parser.add_argument("--no-moves", action="store_true", help="leave times and markets out")
    parser.add_argument("--copies", choices=COPIES, default="never", help="disguised copies")
    asked = parser.parse_args()
    of_kinds, moves = tuple(asked.kinds.split(",")), not asked.no_moves
    found = main(asked.quick, asked.sets, of_kinds, asked.rows, asked.topics, moves, asked.copies)
    print(json.dumps(found, indent=1, ensure_ascii=False))
