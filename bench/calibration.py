"""Do probabilities stay honest where the market moves: other months, five times or a fifth as many?

    python -m bench calibration
    python -m bench.calibration --choose    (settings of `recalibrate`, on sets that do not judge)

Dated: a topic of the market of 2014 is learnt from January, its moderators label in February, and
all listings of March judge. Undated: sellers in three parts, one to learn from, one for moderators
to label, one to judge. Shifts of prevalence thin violations, or everything else, where moderators
label, and weigh them where it is judged. What is labelled is what the service would have drawn in
28 days: the five best a day, and the slice of a topic of the default capacity (or the smaller one
of a capacity of five). Labels are drawn 20 times; none of them judges. ECE over 15 bins of equal
weight, without the bias of small bins; of the part that a list would show, over five. Writes
bench/results/calibration.json.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from bench.elsewhere import settings_of
from bench.environment import aim, result, rounded, write
from bench.markets import SETS, Case, fewer
from mimawari.alerts.exploration import Volume, probabilities, slice_size, temper
from mimawari.detectors.gbdt.detector import GbdtDetector
from mimawari.detectors.gbdt.rows import Rows
from mimawari.detectors.gbdt.training import train
from mimawari.detectors.gbdt.weights import inverse_propensity
from mimawari.evaluation.bootstrap import Interval
from mimawari.evaluation.calibration_error import calibration_error
from mimawari.evaluation.calibration_test import evidence_against
from mimawari.evaluation.prevalence import estimate
from mimawari.evaluation.recalibration import (
    NONE,
    label_weights,
    prior_shift,
    recalibrate,
    seller_weights,
)
from mimawari.listings.batch import ListingBatch

DAYS, LISTED, CAPACITY, SHARE = 28, 5, 50, 0.03
SHIFTS = {"as it is": 1.0, "a fifth": 0.2, "five times": 5.0}
SLICES = {"slice of capacity 50": CAPACITY, "slice of capacity 5": LISTED}
DRAWS, LEAST, MOST, LARGEST = 20, 20, 12_000, 0.75
BINS_OF_A_LIST = 5
JUDGES = ("composite_listings_v1", "japanese_toxic")
CHOSEN_ON = ("cryptomarket_vape_listings", "markup_amazon", "bestbuy_products", "surge_toxicity",
             "davidson_offensive")  # fmt: skip
SPREADS = tuple(product((0.25, 0.5, 1.0), (2.0, 3.0, 5.0), (0.5, 0.25), (0.5, 0.25)))
FEBRUARY, MARCH = (datetime(2014, month, 1, tzinfo=UTC).timestamp() for month in (2, 3))
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Part:
    """Scores of a model, labels and sellers of rows that it did not learn from."""

    scores: Floats
    y: NDArray[np.bool_]
    sellers: NDArray[np.str_]

    def take(self, rows: NDArray[Any]) -> Part:
        """Select rows."""
        return Part(self.scores[rows], self.y[rows], self.sellers[rows])


@dataclass(frozen=True)
class Place:
    """A topic: the prevalence it was learnt at, what moderators see, and what judges."""

    source: str
    topic: str
    trained: float
    seen: Part
    judge: Part


@dataclass(frozen=True)
class Labels:
    """What moderators labelled, in order, and the share of violations that follows."""

    part: Part
    chance: Floats
    prevalence: Interval


def place(case: Case, parts: Sequence[NDArray[np.int64]]) -> Place | None:
    """Learn from the first part and score the other two."""
    learnt, *rest = (case.rows.take(rows) for rows in parts)
    if learnt.y.sum() < LEAST or not all(part.y.any() for part in rest):
        return None
    settings = msgspec.structs.replace(settings_of(case.source), with_trees=False)
    detector = GbdtDetector(train(learnt, case.topic, settings))
    print(case.source, case.topic, file=sys.stderr, flush=True)
    seen, judge = (Part(scores_of(detector, rows), rows.y, rows.groups) for rows in rest)
    return Place(case.source, case.topic, float(learnt.y.mean()), seen, judge)


def scores_of(detector: GbdtDetector, rows: Rows) -> Floats:
    """Give the probabilities as the service stores them."""
    return np.asarray(detector.score(ListingBatch.of(rows.listings)), np.float64).ravel()


def dated() -> Iterator[Place]:
    """January, February, March."""
    for case in SETS["agora_2014_listings"]():
        at = case.rows.times
        months = (at < FEBRUARY, (at >= FEBRUARY) & (at < MARCH), at >= MARCH)
        if made := place(case, [np.flatnonzero(month) for month in months]):
            yield made


def undated(sources: Sequence[str], seeds: Sequence[int] = (0,)) -> Iterator[Place]:
    """Three parts of the sellers."""
    for case in (case for source in sources for case in SETS[source]()):
        few = Case(case.source, case.topic, fewer(case.rows, MOST))
        names, of_row = np.unique(few.rows.groups, return_inverse=True)
        for seed in seeds:
            part = np.random.default_rng(seed).integers(3, size=len(names))[of_row]
            if made := place(few, [np.flatnonzero(part == i) for i in range(3)]):
                yield made


def thinned(part: Part, factor: float, random: np.random.Generator) -> Part:
    """Leave violations out, or everything else, until their share is so many times as large."""
    share = float(part.y.mean())
    odds = factor * (1 - share) / (1 - factor * share)
    kept = np.where(part.y, min(1.0, odds), min(1.0, 1 / odds))
    return part.take(random.random(len(part.y)) < kept)


def weights(part: Part, factor: float) -> Floats:
    """Weigh rows so that the share of violations is so many times as large."""
    share = float(part.y.mean())
    return np.where(part.y, factor, (1 - factor * share) / (1 - share))


def labelled(part: Part, capacity: int, random: np.random.Generator) -> Labels:
    """Label the best of each day, and what exploration draws outside of them."""
    n, size = len(part.y), slice_size(capacity, SHARE)
    day = random.permutation(n) % DAYS
    listed, chance = np.zeros(n, bool), np.zeros(n)
    for at in range(DAYS):
        rows = np.flatnonzero(day == at)
        best = rows[np.argsort(-part.scores[rows], kind="stable")[:LISTED]]
        listed[best] = True
        tempered = temper(part.scores[rows], float(part.scores[best].min(initial=1.0)))
        total = float(tempered.sum())
        volume = Volume(len(rows), total, float(len(rows)), total)
        chance[rows] = probabilities(tempered, size, volume)
    explored = (random.random(n) < chance) & ~listed
    misses = estimate(
        chance[explored], part.y[explored].astype(np.int8), int(part.y[listed].sum()), n
    )
    rows = np.flatnonzero(listed | explored)
    rows = rows[np.argsort(day[rows], kind="stable")]
    return Labels(part.take(rows), np.where(listed, 1.0, chance)[rows], misses.prevalence)


def one_draw(at: Place, factor: float, capacity: int, seed: int) -> dict[str, float]:
    """Give the ECE of March's scores before and after, and whether the flag would be up."""
    random = np.random.default_rng(seed)
    labels = labelled(thinned(at.seen, factor, random), capacity, random)
    part, weight = labels.part, weights(at.judge, factor)
    y, sellers = part.y.astype(np.int8), part.sellers.tolist()
    shift = prior_shift(at.trained, labels.prevalence)
    whole = recalibrate(part.scores, y, label_weights(labels.chance, sellers), shift)
    found = {
        name: calibration_error(correction.apply(at.judge.scores), at.judge.y, weight)
        for name, correction in (("before", NONE), ("prior alone", shift), ("after", whole))
    }
    flag = evidence_against(part.scores, y, sellers) == 1
    best = np.argsort(-at.judge.scores)[: round(LISTED * DAYS * len(weight) / len(at.seen.y))]
    for name, correction in (("list before", NONE), ("list after", whole)):
        shown = correction.apply(at.judge.scores[best])
        found[name] = calibration_error(shown, at.judge.y[best], weight[best], BINS_OF_A_LIST)
    return {**found, "flagged": float(flag), "labels": float(len(y)), "violations": float(y.sum())}


def measured(at: Place, factor: float, capacity: int, draws: int) -> dict[str, float] | None:
    """Give the means over draws of labels; None where the shift is not possible."""
    if factor * max(at.seen.y.mean(), at.judge.y.mean()) > LARGEST:
        return None
    runs = [one_draw(at, factor, capacity, seed) for seed in range(draws)]
    means = {name: rounded(float(np.mean([run[name] for run in runs]))) for name in runs[0]}
    after = [run["after"] for run in runs]
    return {
        "trained_prevalence": rounded(at.trained),
        "judged_prevalence": rounded(factor * float(at.judge.y.mean())),
        **means,
        "after_low": rounded(float(np.quantile(after, 0.05))),
        "after_high": rounded(float(np.quantile(after, 0.95))),
    }


def summary(topics: dict[str, dict[str, float]]) -> dict[str, float]:
    """Add a shift's topics up."""
    before, after, prior, list_before, list_after = (
        np.array([topic[name] for topic in topics.values()])
        for name in ("before", "after", "prior alone", "list before", "list after")
    )
    return {
        "topics": len(topics),
        "mean_before": rounded(float(before.mean())),
        "mean_after": rounded(float(after.mean())),
        "ratio": rounded(float(after.sum() / before.sum())),
        "ratio_prior_alone": rounded(float(prior.sum() / before.sum())),
        "halved_in": int((after <= before / 2).sum()),
        "worse_in": int((after > before).sum()),
        "list_before": rounded(float(list_before.mean())),
        "list_after": rounded(float(list_after.mean())),
        "list_ratio": rounded(float(list_after.sum() / list_before.sum())),
    }


def table(places: Sequence[Place], capacity: int, draws: int) -> dict[str, Any]:
    """Measure all places under every shift."""
    figures = {}
    for name, factor in SHIFTS.items():
        rows = {f"{p.source}/{p.topic}": measured(p, factor, capacity, draws) for p in places}
        topics = {topic: row for topic, row in rows.items() if row is not None}
        figures[name] = {"all": summary(topics), "topics": topics}
    return figures


def choose() -> None:
    """Print what each setting of `recalibrate` leaves of the error, on sets that do not judge.

    Slope and intercept spread, likeness of a seller's labels, and how far weights are trimmed. Of
    those within a tenth of the best, the one that shrinks most is taken: the first printed.
    """
    left: dict[tuple[float, ...], list[float]] = {s: [] for s in SPREADS}
    for at, factor in product(list(undated(CHOSEN_ON, (0, 1, 2))), SHIFTS.values()):
        if factor * max(at.seen.y.mean(), at.judge.y.mean()) <= LARGEST:
            for setting, ratio in ratios(at, factor).items():
                left[setting].append(float(np.log(np.clip(ratio, 0.05, 20))))
    means = {setting: float(np.exp(np.mean(logs))) for setting, logs in left.items()}
    for setting, mean in means.items():
        if mean <= 1.1 * min(means.values()):
            print(*setting, f"{mean:.3f}")


def ratios(at: Place, factor: float, draws: int = 4) -> dict[tuple[float, ...], float]:
    """Give the error after over the error before, by setting."""
    weight, errors = weights(at.judge, factor), np.zeros(len(SPREADS))
    for seed in range(draws):
        random = np.random.default_rng(seed)
        labels = labelled(thinned(at.seen, factor, random), CAPACITY, random)
        part, start = labels.part, prior_shift(at.trained, labels.prevalence)
        for i, (slope, intercept, alike, trim) in enumerate(SPREADS):
            each = seller_weights(part.sellers.tolist(), alike)
            each = each * inverse_propensity(labels.chance, trim)
            spread = (intercept, slope)
            fit = recalibrate(part.scores, part.y.astype(np.int8), each, start, spread)
            errors[i] += calibration_error(fit.apply(at.judge.scores), at.judge.y, weight) / draws
    before = calibration_error(at.judge.scores, at.judge.y, weight)
    return dict(zip(SPREADS, (errors / max(before, 1e-9)).tolist(), strict=True))


def main(quick: bool = False) -> dict[str, Any]:
    """Measure; a quick run keeps nothing."""
    draws, market = (2, list(dated())[:2]) if quick else (DRAWS, list(dated()))
    figures: dict[str, Any] = {
        f"dated, {name}": table(market, capacity, draws) for name, capacity in SLICES.items()
    }
    if not quick:
        figures["sellers apart"] = table(list(undated(JUDGES)), CAPACITY, draws)
    first = figures[f"dated, {next(iter(SLICES))}"]
    aims = [
        aim(f"ECE after over before, January to March, prevalence {name}", 0.5,
            first[name]["all"]["ratio"], at_most=True)
        for name in SHIFTS
    ]  # fmt: skip
    made = result(aims, figures)
    if not quick:
        write("calibration", made)
    return made


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.calibration", description=__doc__)
    parser.add_argument("--choose", action="store_true")
    if parser.parse_args().choose:
        choose()
    else:
        main()
