"""Listings far from each other and from what is labelled already."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mimawari.alerts.selection.pool import Selection
from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from mimawari.alerts.selection.pool import Pool, Rows

# From this cosine on, two texts are one listing offered twice: a second label tells little.
NEAR = 0.8
# Centres that are compared at once.
BLOCK = 64


def vectors_of(pool: Pool, strategy: str) -> NDArray[np.float32]:
    """Give the pool's vectors, or say that they are missing."""
    if pool.vectors is None:
        problem = f"are missing; {strategy} compares listings"
        raise InvalidInputError(FieldProblem("vectors", problem, "give embed(texts)"))
    return pool.vectors


def diversity(pool: Pool, budget: int, random: Generator) -> Selection:
    """Choose, again and again, what is least like anything known or chosen so far.

    Greedy k-centre: the next row is ``argmax_i min_c (1 - v_i . v_c)`` over centres c. The
    largest distance of a row to its nearest centre is then at most about twice the least
    possible (Gonzalez, "Clustering to minimize the maximum intercluster distance", 1985; for
    labelling Sener & Savarese, "Active learning for convolutional neural networks: a core-set
    approach", ICLR 2018). Needs no model: a way to begin. Near-duplicates come last.

    Examples
    --------
    >>> from mimawari.alerts.selection.pool import Pool
    >>> v = np.array([[1, 0], [1, 0], [0, 1], [0.6, 0.8]], np.float32)
    >>> pool = Pool("abcd", np.array([True, False, False, False]), vectors=v)
    >>> diversity(pool, 2, np.random.default_rng(0)).rows.tolist()
    [2, 3]
    """
    return Selection.without_probability(farthest(pool, pool.known, budget))


def farthest(pool: Pool, known: NDArray[np.bool_], budget: int) -> Rows:
    """Give the rows that are, one after the other, farthest from all known and given before."""
    vectors = vectors_of(pool, "diversity")
    rows = np.flatnonzero(~known)
    rows = rows[np.argsort(pool.ties[rows])]  # of equals, argmin takes the first
    free = vectors[rows]
    nearest = np.full(len(rows), -np.inf, np.float32)  # greatest cosine with any centre
    centres = np.flatnonzero(known)
    for at in range(0, len(centres), BLOCK):
        cosines = free @ vectors[centres[at : at + BLOCK]].T
        np.maximum(nearest, cosines.max(axis=1), out=nearest)
    chosen = []
    for _ in range(min(budget, len(rows))):
        at = int(nearest.argmin())
        chosen.append(int(rows[at]))
        np.maximum(nearest, free @ free[at], out=nearest)
        nearest[at] = np.inf
    return np.array(chosen, np.int64)


def without_near(
    order: Rows, vectors: NDArray[np.float32], budget: int, near: float = NEAR
) -> Rows:
    """Walk down an order and pass over what is near to a row taken before.

    Where too few are left, those passed over fill the budget, in their order.

    Parameters
    ----------
    order
        Rows, the most wanted first.

    Examples
    --------
    >>> v = np.array([[1, 0], [1, 0], [0, 1]], np.float32)
    >>> without_near(np.arange(3), v, 2).tolist(), without_near(np.arange(3), v, 3).tolist()
    ([0, 2], [0, 2, 1])
    """
    budget = min(budget, len(order))
    held = np.zeros((budget, vectors.shape[1]), np.float32)
    chosen: list[int] = []
    passed: list[int] = []
    for row in order.tolist():
        count = len(chosen)
        if count == budget:
            break
        if count and float((held[:count] @ vectors[row]).max()) >= near:
            passed.append(row)
        else:
            held[count] = vectors[row]
            chosen.append(row)
    return np.array([*chosen, *passed][:budget], np.int64)
