"""Slow and obviously right ways of choosing, for the fast ones to equal."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mimawari.alerts.selection import Pool
from mimawari.alerts.ties import tie_break


def rows_by(values: NDArray[np.float64], pool: Pool, budget: int) -> list[int]:
    """Sort every open row."""
    rows = [i for i in range(len(pool.ids)) if not pool.known[i]]

    def key(i: int) -> tuple[bool, float, str]:
        value = float(values[i])
        return math.isnan(value), 0.0 if math.isnan(value) else -value, tie_break(pool.ids[i])

    return sorted(rows, key=key)[:budget]


def mean(pool: Pool) -> NDArray[np.float64]:
    columns = [[p for p in column if not math.isnan(p)] for column in pool.scores.T.tolist()]
    return np.array([sum(c) / len(c) if c else math.nan for c in columns])


def jensen_shannon(scores: NDArray[np.float64]) -> list[float]:
    def entropy(p: float) -> float:
        return -sum(q * math.log(q) for q in (p, 1 - p) if q > 0)

    told = []
    for column in scores.T.tolist():
        votes = [p for p in column if not math.isnan(p)]
        whole = entropy(sum(votes) / len(votes)) if votes else math.nan
        parts = sum(map(entropy, votes)) / len(votes) if votes else math.nan
        told.append(whole - parts if len(votes) > 1 else math.nan)
    return told


def k_centre(pool: Pool, budget: int) -> list[int]:
    """Compare every open row with every centre, each time."""
    assert pool.vectors is not None
    cosine = pool.vectors @ pool.vectors.T
    centres = np.flatnonzero(pool.known).tolist()
    chosen: list[int] = []
    left = [i for i in range(len(pool.ids)) if not pool.known[i]]
    while left and len(chosen) < budget:
        near = {i: max((cosine[i, c] for c in centres), default=-math.inf) for i in left}
        row = min(left, key=lambda i: (near[i], tie_break(pool.ids[i])))
        left.remove(row)
        centres.append(row)
        chosen.append(row)
    return chosen


def apart(order: list[int], vectors: NDArray[np.float32], budget: int, near: float) -> list[int]:
    chosen: list[int] = []
    for row in order:
        if all(float(vectors[c] @ vectors[row]) < near for c in chosen):
            chosen.append(row)
    return (chosen + [row for row in order if row not in chosen])[:budget]
