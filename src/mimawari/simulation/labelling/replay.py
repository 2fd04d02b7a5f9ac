"""Labelling replayed: choose, look the labels up, train, measure on other sellers; again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from scipy.special import expit

from mimawari.alerts.selection import Pool, strategy_of
from mimawari.detectors.gbdt.folds import grouped_folds
from mimawari.detectors.gbdt.weights import inverse_propensity
from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from mimawari.simulation.labelling.corpus import Corpus, Floats, Model, Rows


class Plan(msgspec.Struct, frozen=True):
    """How labelling goes on.

    Parameters
    ----------
    first, hits
        Labels to begin with: so many at random, and so many of those that rules hit.
    least, growth
        Labels of a round: a share of those there are, but not fewer than ``least``. Rounds
        grow because one label more tells less and less.
    most
        Labels to end with, at most; None for the whole pool.
    members
        Models a round, each from a resample of the labels (bagging), where more than one.
    weighted
        Train with the weights of the selection's probabilities, as `mimawari train` does.
    hold
        With a target: end when so many rounds in a row reached it.
    """

    first: int = 20
    hits: int = 10
    least: int = 20
    growth: float = 0.2
    most: int | None = None
    members: int = 1
    weighted: bool = False
    hold: int = 2


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """What is to be learnt: listings to label, listings of other sellers to measure on."""

    pool: Corpus
    y: NDArray[np.bool_]
    hit: NDArray[np.bool_]
    held: Corpus
    held_y: NDArray[np.bool_]

    def full(self) -> float:
        """Give the AUPRC of a model trained on every label of the pool."""
        return self.held.auprc(self.pool.fit(np.arange(len(self.pool)), self.y), self.held_y)


@dataclass(frozen=True, slots=True)
class Curve:
    """By round: labels so far, violations among them, AUPRC on the held-out sellers."""

    labels: tuple[int, ...]
    positives: tuple[int, ...]
    auprc: tuple[float, ...]


@dataclass(slots=True)
class _Labels:
    """What is labelled so far, with the probability of each label's choice."""

    rows: Rows
    probability: Floats

    def add(self, rows: Rows, probability: Floats) -> None:
        self.rows = np.concatenate((self.rows, rows))
        self.probability = np.concatenate((self.probability, probability))

    def weight(self, weighted: bool) -> Floats:
        if not weighted:
            return np.ones(len(self.rows))
        return inverse_propensity(np.where(np.isnan(self.probability), 1.0, self.probability))


def cut(corpus: Corpus, y: NDArray[np.bool_], hit: NDArray[np.bool_], seed: int) -> Task:
    """Hold a third of the listings back, no seller of which is in the pool."""
    fit, held = next(grouped_folds(y, corpus.sellers, 3, seed))
    return Task(corpus.take(fit), y[fit], hit[fit], corpus.take(held), y[held])


def replay(
    task: Task, strategy: str, seed: int, plan: Plan | None = None, target: float | None = None
) -> Curve:
    """Label round by round as a strategy chooses.

    While all labels are alike there is nothing to learn from, and rounds are drawn at random.

    Parameters
    ----------
    seed
        Of the first labels, and of every other draw: strategies begin alike.
    target
        AUPRC to end at (see `Plan`).

    Raises
    ------
    InvalidInputError
        For an unknown strategy, or disagreement of fewer than two members.
    """
    plan = plan or Plan()
    strategy_of(strategy)
    if strategy == "disagreement" and plan.members < 2:
        raise InvalidInputError(FieldProblem("members", "is below 2", "a committee has 2 or more"))
    random = np.random.default_rng(seed)
    labels = _first(task, plan, random)
    most = min(plan.most or len(task.y), len(task.y))
    curve: list[tuple[int, int, float]] = []
    while True:
        models = _models(task, labels, plan, random)
        auprc = task.held.auprc(models[0], task.held_y) if models else float(task.held_y.mean())
        curve.append((len(labels.rows), int(task.y[labels.rows].sum()), auprc))
        if len(labels.rows) >= most or _held(curve, target, plan.hold):
            return Curve(*zip(*curve, strict=True))
        budget = max(plan.least, int(len(labels.rows) * plan.growth))
        pool = _pool(task, labels, models)
        way = strategy_of(strategy if models else "random")
        chosen = way(pool, min(budget, most - len(labels.rows)), random)
        labels.add(chosen.rows, chosen.probability)


def _first(task: Task, plan: Plan, random: Generator) -> _Labels:
    """Draw the first labels; those of rules count as sure, as if the rules were no chance."""
    n = len(task.y)
    rows = random.permutation(n)[: plan.first]
    rest = np.setdiff1d(np.flatnonzero(task.hit), rows)
    labels = _Labels(rows, np.full(len(rows), len(rows) / n))
    hits = random.permutation(rest)[: plan.hits]
    labels.add(hits, np.ones(len(hits)))
    return labels


def _models(task: Task, labels: _Labels, plan: Plan, random: Generator) -> list[Model]:
    """Train on all labels, and members on resamples of them that hold both classes."""
    rows, weight = labels.rows, labels.weight(plan.weighted)
    y = task.y[rows]
    if y.all() or not y.any():
        return []
    models = [task.pool.fit(rows, task.y, weight)]
    for _ in range(plan.members if plan.members > 1 else 0):
        sides = [np.flatnonzero(y == side) for side in (False, True)]
        drawn = np.concatenate([random.choice(side, len(side)) for side in sides])
        models.append(task.pool.fit(rows[drawn], task.y, weight[drawn]))
    return models


def _pool(task: Task, labels: _Labels, models: list[Model]) -> Pool:
    known = np.zeros(len(task.y), bool)
    known[labels.rows] = True
    voters = models[1:] or models
    scores = np.array([expit(task.pool.margins(model)) for model in voters])
    return Pool(task.pool.ids, known, scores, task.pool.vectors)


def _held(curve: list[tuple[int, int, float]], target: float | None, hold: int) -> bool:
    last = [auprc for *_, auprc in curve[-hold:]]
    return target is not None and len(last) == hold and min(last) >= target
