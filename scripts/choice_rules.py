"""Compare rules of choosing the text score's settings, on public topics outside the tuned market.

    python -m scripts.choice_rules [--from FILE]

Every topic of every public set but those of the one market that the first candidate was made for;
at most 2,000 rows; folds of seed 5, by which nothing else is chosen or judged. In each fold every
candidate's gain is measured in nested folds of the rows outside it, as a training does, and each
candidate is fitted to these rows and judged by the fold. What is known of public topics leaves
the topic's set out.
Prints the mean over sets of what each rule gains over the first candidate; a choice made by this
table has not seen the market.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
from bench.markets import SETS, Case, fewer

from mimawari.detectors.gbdt import choice
from mimawari.detectors.gbdt.acceptance import Ranking
from mimawari.detectors.gbdt.choice import Gain, Prior, few_rows, measure
from mimawari.detectors.gbdt.folds import grouped_folds
from mimawari.detectors.gbdt.linear import fit_columns, length_scale, margins_of, matrix
from mimawari.detectors.ngrams import NgramSpec
from mimawari.listings.batch import ListingBatch

SEED, FOLDS, MOST = 5, 5, 2_000
MARKET = ("agora_2014_listings", "composite_listings_v1")


class Fold(msgspec.Struct, frozen=True):
    """What was measured before a fold was looked at, and what each candidate is worth there."""

    source: str
    topic: str
    positives: int
    measured: dict[str, Gain]
    held_out: dict[str, float]


def folds_of(case: Case) -> list[Fold]:
    """Measure a topic."""
    rows, spec = fewer(case.rows, MOST, SEED), NgramSpec()
    texts = ListingBatch.of(rows.listings).texts
    x, scale = matrix(texts, spec), length_scale(texts)
    done = []
    for fit, held in grouped_folds(rows.y, rows.groups, FOLDS, SEED):
        few = few_rows(rows.take(fit), SEED)
        few_texts = ListingBatch.of(few.listings).texts
        gains = measure(
            matrix(few_texts, spec),
            length_scale(few_texts),
            few.y,
            few.groups,
            few.weight,
            spec,
            SEED,
        )
        if not rows.y[held].any():
            continue
        worth = {}
        for name, settings in choice.CANDIDATES.items():
            columns, bias = fit_columns(
                x[fit], scale[fit], rows.y[fit], rows.weight[fit], spec.words, settings
            )
            margins = margins_of(x[held], scale[held], columns, bias)[:, 2]
            ranking = Ranking(rows.y[held], margins)
            worth[name] = float(ranking.average_precision(rows.weight[held]))
        done.append(Fold(case.source, case.topic, int(rows.y[fit].sum()), gains, worth))
    print(case.source, case.topic, len(done), file=sys.stderr, flush=True)
    return done


def largest(fold: Fold, prior: Prior) -> str:
    """Take the largest expected gain."""
    expected = choice.shrunk(fold.measured, prior)
    return max(expected, key=lambda name: expected[name])


def sure(errors: float) -> Callable[[Fold, Prior], str]:
    """Leave the first candidate only for a gain of so many posterior errors."""

    def rule(fold: Fold, prior: Prior) -> str:
        best = largest(fold, prior)
        precision = prior.spread[best] ** -2 + max(fold.measured[best].error, 1e-9) ** -2
        gain = choice.shrunk(fold.measured, prior)[best]
        return best if gain > errors * precision**-0.5 else choice.FIRST

    return rule


def widened(times: float) -> Callable[[Fold, Prior], str]:
    """Take the largest expected gain under a prior with so many times the spread."""

    def rule(fold: Fold, prior: Prior) -> str:
        spread = {name: times * one for name, one in prior.spread.items()}
        return largest(fold, Prior(prior.mean, spread))

    return rule


RULES: dict[str, Callable[[Fold, Prior], str]] = {
    "first candidate": lambda _fold, _prior: choice.FIRST,
    "rarity (TF-IDF)": lambda _fold, _prior: "rarity",
    "own measurement alone": lambda fold, _prior: max(
        fold.measured, key=lambda name: fold.measured[name].gain
    ),
    "public topics alone": lambda _fold, prior: max(prior.mean, key=lambda name: prior.mean[name]),
    "largest expected gain": largest,
    "prior twice as wide": widened(2),
    "prior four times as wide": widened(4),
    "half an error": sure(0.5),
    "one error": sure(1.0),
    "two errors": sure(2.0),
}


def mean_over_sets(values: list[tuple[str, float]]) -> float:
    """Average within each set, then over sets."""
    sets = sorted({source for source, _ in values})
    return float(np.mean([np.mean([v for s, v in values if s == source]) for source in sets]))


def main() -> None:
    """Measure or read, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m scripts.choice_rules")
    parser.add_argument("--from", dest="source", type=Path, help="a file of an earlier run")
    parser.add_argument("--output", type=Path, help="keep what was measured")
    asked = parser.parse_args()
    if asked.source:
        folds = msgspec.json.decode(asked.source.read_bytes(), type=list[Fold])
    else:
        folds = []
        for case in (c for name, cases in SETS.items() if name not in MARKET for c in cases()):
            folds += folds_of(case)
            if asked.output:
                asked.output.write_bytes(msgspec.json.encode(folds))
    for name, rule in RULES.items():
        gains = []
        for fold in folds:
            prior = choice.prior_of(choice.public_topics(), (*MARKET, fold.source))
            worth = fold.held_out[rule(fold, prior)] - fold.held_out[choice.FIRST]
            gains.append((fold.source, worth))
        of_sets = {s: round(mean_over_sets([g for g in gains if g[0] == s]), 3) for s, _ in gains}
        print(f"{name:24} {mean_over_sets(gains):+.4f}  {of_sets}")


if __name__ == "__main__":
    main()
