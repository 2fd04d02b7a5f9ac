"""What may be labelled next, and what a strategy chose of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np

from mimawari.alerts.ties import tie_break
from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.random import Generator
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Rows = NDArray[np.int64]


def _no_scores() -> Floats:
    return np.empty((0, 0))


@dataclass(frozen=True, eq=False)
class Pool:
    """Listings of one topic, some of them labelled already.

    Parameters
    ----------
    ids
        Identifiers, no two alike: they order what is otherwise equal.
    known
        Which are labelled already, shape (n,): they are never chosen.
    scores
        Probabilities by each model at hand, shape (models, n); NaN is 'no opinion'.
    vectors
        Where each stands, rows of length 1 or 0, shape (n, d): see `embed`.
    capacity
        K: how many alerts the topic gets of as many listings as these. None: as many as
        score above one half.
    search
        Orders to search by where no model is at hand, greatest first, shape (orders, n); NaN
        is not in an order.

    Raises
    ------
    InvalidInputError
        Two listings of one id, or columns of another length.
    """

    ids: Sequence[str]
    known: NDArray[np.bool_]
    scores: Floats = field(default_factory=_no_scores)
    vectors: NDArray[np.float32] | None = None
    capacity: int | None = None
    search: Floats = field(default_factory=_no_scores)

    def __post_init__(self) -> None:
        n, problems = len(self.ids), []
        if len(set(self.ids)) < n:
            problems.append(FieldProblem("id", "stands twice", "keep one row a listing"))
        lengths = {"known": len(self.known)}
        if len(self.scores):
            lengths["scores"] = self.scores.shape[1]
        if len(self.search):
            lengths["search"] = self.search.shape[1]
        if self.vectors is not None:
            lengths["vectors"] = len(self.vectors)
        problems += [
            FieldProblem(name, f"holds {length} listings", f"give {n}, as many as ids")
            for name, length in lengths.items()
            if length != n
        ]
        if problems:
            raise InvalidInputError(*problems)

    @cached_property
    def open(self) -> Rows:
        """Rows that may be chosen."""
        return np.flatnonzero(~self.known)

    @cached_property
    def ties(self) -> Rows:
        """Place of each row in the order of equals."""
        order = sorted(range(len(self.ids)), key=lambda row: tie_break(self.ids[row]))
        places = np.empty(len(order), np.int64)
        places[order] = np.arange(len(order))
        return places

    @cached_property
    def score(self) -> Floats:
        """Mean over the models that have an opinion, shape (n,); NaN where none has.

        Examples
        --------
        >>> first, second = [0.25, np.nan, 0.5], [0.75, np.nan, np.nan]
        >>> Pool("abc", np.zeros(3, bool), np.array([first, second])).score.tolist()
        [0.5, nan, 0.5]
        """
        is_scored = ~np.isnan(self.scores)
        count = is_scored.sum(axis=0)
        total = np.where(is_scored, self.scores, 0.0).sum(axis=0)
        return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """Rows to label, the most wanted first, and with what probability each came to be chosen.

    The probability is that over repeated draws from this very pool: 1 for what is sure to be
    chosen. NaN: no probability is defined, because some listings could not be chosen at all or
    because the way of choosing has none; such labels train a model, but estimate nothing.
    """

    rows: Rows
    probability: Floats

    @classmethod
    def without_probability(cls, rows: Sequence[int] | Rows) -> Selection:
        """Choose rows that no probability goes with."""
        return cls(np.asarray(rows, np.int64), np.full(len(rows), np.nan))


class Strategy(Protocol):
    """Chooses at most ``budget`` rows of the pool, fewer only where fewer are open."""

    def __call__(self, pool: Pool, budget: int, random: Generator) -> Selection:
        """Choose; ``random`` is used by strategies that draw lots."""
        ...


def best(values: NDArray[np.floating], pool: Pool, budget: int) -> Rows:
    """Give the open rows of the greatest values, greatest first; NaN comes last.

    Examples
    --------
    >>> pool = Pool(["a", "b", "c", "d"], np.array([False, False, True, False]))
    >>> best(np.array([0.1, np.nan, 0.9, 0.5]), pool, 2).tolist()
    [3, 0]
    """
    rows = pool.open
    wanted = np.where(np.isnan(values), -np.inf, values)[rows]
    budget = min(budget, len(rows))
    if 0 < budget < len(rows):  # only what reaches the last place is worth sorting
        least = np.partition(wanted, len(rows) - budget)[len(rows) - budget]
        rows, wanted = rows[wanted >= least], wanted[wanted >= least]
    return np.asarray(rows[np.lexsort((pool.ties[rows], -wanted))][:budget], np.int64)


def need_scores(pool: Pool, models: int, strategy: str) -> None:
    """Refuse a pool that fewer models scored than a strategy needs."""
    if len(pool.scores) < models:
        problem = f"come from {len(pool.scores)} models; {strategy} needs {models} or more"
        remedy = "name more models' folders (--model), or choose the strategy random or diversity"
        raise InvalidInputError(FieldProblem("scores", problem, remedy))
