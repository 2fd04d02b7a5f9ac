"""Kinds and rules of choosing beside TF-IDF with logistic regression, over topics and sets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.environment import rounded
from mimawari.detectors.gbdt.acceptance import Ranking
from mimawari.detectors.gbdt.rows import Rows
from mimawari.evaluation.choosing.compare import Comparison

Scores = NDArray[np.float64]
FLOOR, DRAWS = "tfidf_lr", 200


def _within_noise(comparison: Comparison) -> str:
    """Prefer a kind within one standard error of the best only."""
    as_good = [entry.name for entry in comparison.entries if entry.as_good]
    return comparison.preferred if comparison.preferred in as_good else as_good[0]


RULES: dict[str, Callable[[Comparison], str]] = {
    "auto": lambda comparison: comparison.chosen,
    "within_noise": _within_noise,
    "best": lambda comparison: comparison.best,
    "simplest": lambda comparison: next(e.name for e in comparison.entries if e.as_good),
}
"""How a kind is chosen: as `auto` does, and in three other ways."""


class InFolds:
    """Rankings of the folds' held-out rows, measured each by itself.

    The scores of a fold are one model's: those of two folds are on no common scale, and no user
    ever ranks them together.
    """

    def __init__(self, rows: Rows, scores: Scores, folds: Sequence[NDArray[np.int64]]) -> None:
        self._folds = [held for held in folds if rows.y[held].any()]
        self._y = rows.y
        self._rankings = [Ranking(rows.y[held], scores[held]) for held in self._folds]

    def average_precision(self, weight: NDArray[np.float64]) -> float:
        """Give the mean over folds with a violation of some weight."""
        pairs = zip(self._rankings, self._folds, strict=True)
        return float(
            np.mean(
                [r.average_precision(weight[h]) for r, h in pairs if weight[h][self._y[h]].any()]
            )
        )


def differences(
    rows: Rows, scores: Mapping[str, Scores], folds: Sequence[NDArray[np.int64]]
) -> dict[str, Any]:
    """Give the AUPRC of each, and what it is over the floor's, with a 95 % interval over groups.

    Groups are resampled with replacement, all scores on the same draws.
    """
    rankings = {name: InFolds(rows, margins, folds) for name, margins in scores.items()}
    names, of_row = np.unique(rows.groups, return_inverse=True)
    random, drawn = np.random.default_rng(0), list[list[float]]()
    for _ in range(DRAWS):
        times = np.bincount(random.integers(len(names), size=len(names)), minlength=len(names))
        weight = times[of_row].astype(np.float64)
        if weight[rows.y].any():
            drawn.append([r.average_precision(weight) for r in rankings.values()])
    whole = {name: r.average_precision(rows.weight) for name, r in rankings.items()}
    at = list(rankings).index(FLOOR)
    less = np.array(drawn) - np.array(drawn)[:, [at]]
    ends = np.quantile(less, (0.025, 0.975), axis=0).T
    return {
        "auprc": {name: rounded(value) for name, value in whole.items()},
        "minus_tfidf_lr": {
            name: [rounded(whole[name] - whole[FLOOR]), rounded(low), rounded(high)]
            for name, (low, high) in zip(whole, ends, strict=True)
            if name != FLOOR
        },
    }


def verdicts(topics: Sequence[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Count for each kind where it is surely above the floor, surely below, and neither."""
    names = sorted({name for topic in topics for name in topic["minus_tfidf_lr"]})
    counted: dict[str, dict[str, float]] = {}
    for name in names:
        less = np.array([t["minus_tfidf_lr"][name] for t in topics if name in t["minus_tfidf_lr"]])
        wins, losses = int((less[:, 1] > 0).sum()), int((less[:, 2] < 0).sum())
        counted[name] = {
            "topics": len(less),
            "mean": rounded(float(less[:, 0].mean())),
            "wins": wins,
            "ties": len(less) - wins - losses,
            "losses": losses,
        }
    return counted


def rules_by_other_sets(sets: Mapping[str, Mapping[str, dict[str, Any]]]) -> dict[str, Any]:
    """Choose between the rules for each set by the other sets, where all were measured.

    Gives for each set the rule that has the highest mean over the topics of all others, and what
    each rule is over the floor on the set itself.
    """
    gains = {
        name: [[topic["minus_tfidf_lr"][rule][0] for rule in RULES] for topic in topics.values()]
        for name, topics in sets.items()
        if topics
        and all(topic["minus_tfidf_lr"].keys() >= RULES.keys() for topic in topics.values())
    }
    chosen_rules = {}
    for name, own in gains.items():
        others = [gain for other, of_set in gains.items() if other != name for gain in of_set]
        if others:
            best = list(RULES)[int(np.mean(others, axis=0).argmax())]
            means = [rounded(float(mean)) for mean in np.mean(own, axis=0)]
            chosen_rules[name] = {"rule": best, **dict(zip(RULES, means, strict=True))}
    return chosen_rules
