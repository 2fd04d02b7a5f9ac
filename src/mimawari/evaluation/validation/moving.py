"""How much of its recall a model keeps where the market moves: simulated, part by part."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from mimawari.evaluation.validation.parts import LEAST_ROWS, LEAST_SELLERS, LEVEL, Part

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Rows = NDArray[np.int64]

DRAWS = 500
POINTS = 0.1
"""Share of the market that a part gains, as drift is looked for in ../drift."""


def recall_moved(
    names: Sequence[Mapping[str, str]],
    y: NDArray[np.bool_],
    order: Rows,
    weight: Floats,
    k: float,
    sellers: Sequence[str],
    seed: int = 0,
    draws: int = DRAWS,
) -> list[Part]:
    r"""Give recall where a part of the market gains ten points, over recall in today's market.

    Part P has the share s of all listings. In the market that has moved each listing of P counts
    ``(s + .1) / s`` times, each other ``(1 - s - .1) / (1 - s)`` times, as if more of the same
    were offered: it is the covariate shift of importance weighting (Shimodaira 2000), simulated.
    The list is the best ``k V' / V`` listings, V and V' the violations of both markets: how far
    the moderators' hours reach is not the model's doing. ``ratio = recall' / recall``; below 1 the
    part's violations are found less, or its ordinary listings crowd others out.

    Intervals: sellers are resampled, the same for both markets, with the level that all parts of
    the table keep together (Bonferroni). It assumes that sellers are independent, and that what
    is offered more is like what was offered: a part that grows by new tricks is not in it. Parts of
    few rows or sellers, and those that have not ten points to gain, are left out.

    Parameters
    ----------
    names
        Part of each kind that a row is in; shape (n,).
    order
        Rows by rank, the best first; shape (n,).
    weight
        Listings that each row stands for; shape (n,).
    k
        Length of today's list, in listings.

    Examples
    --------
    >>> names = [{"language": "en"}] * 300 + [{"language": "ja"}] * 100
    >>> y = np.arange(400) % 10 == 0
    >>> order = np.concatenate([np.arange(0, 300, 10), np.delete(np.arange(300), slice(0, 300, 10)),
    ...                         np.arange(300, 400)])  # it finds all that is English, nothing else
    >>> sellers = [str(i % 40) for i in range(400)]
    >>> parts = recall_moved(names, y, order, np.ones(400), 40, sellers)
    >>> [(part.name, round(part.ratio, 2), part.surely_low) for part in parts]
    [('en', 1.13, False), ('ja', 0.87, True)]
    """
    _, of_row = np.unique(np.asarray(sellers), return_inverse=True)
    movable = list(_movable(names, weight, of_row))
    if not movable or not y.any():
        return []
    inside = np.zeros((len(movable), len(y)), bool)
    for at, (_, rows) in enumerate(movable):
        inside[at, rows] = True
    ranked, inside, hit = of_row[order], inside[:, order], y[order]
    weights = weight[order]
    count, reach = int(of_row.max()) + 1, k / float(weight[y].sum())
    random = np.random.default_rng((seed, 0xD21F))
    ratios = np.empty((draws, len(movable)))
    for draw in range(draws):
        times = np.bincount(random.integers(count, size=count), minlength=count)
        ratios[draw] = _ratios(inside, hit, weights * times[ranked], reach)
    values = _ratios(inside, hit, weights, reach)
    tail = (1 - LEVEL) / len(movable) / 2
    lows, highs = np.nanquantile(ratios, (tail, 1 - tail), axis=0)
    parts = [
        Part(*key, len(rows), len(np.unique(of_row[rows])), float(value), float(low), float(high))
        for (key, rows), value, low, high in zip(movable, values, lows, highs, strict=True)
    ]
    return sorted(parts, key=lambda part: (part.kind, -part.rows, part.name))


def _movable(
    names: Sequence[Mapping[str, str]], weight: Floats, of_row: Rows
) -> Iterator[tuple[tuple[str, str], Rows]]:
    """Give the rows of each part that is large enough, and can gain what it shall."""
    rows_of: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row, kinds in enumerate(names):
        for key in kinds.items():
            rows_of[key].append(row)
    for key, listed in rows_of.items():
        rows = np.array(listed)
        share = float(weight[rows].sum() / weight.sum())
        enough = len(rows) >= LEAST_ROWS and len(np.unique(of_row[rows])) >= LEAST_SELLERS
        if enough and share + POINTS < 1:
            yield key, rows


def _ratios(
    inside: NDArray[np.bool_], hit: NDArray[np.bool_], weight: Floats, reach: float
) -> Floats:
    """Give recall in each moved market over that of today's; rows by rank, shape (parts,)."""
    today = _recall(hit, weight, reach)
    share = np.array([weight[rows].sum() for rows in inside]) / weight.sum()
    ratios = np.full(len(inside), np.nan)
    for at, (rows, part) in enumerate(zip(inside, share, strict=True)):
        if 0 < part < 1 - POINTS and today > 0:
            times = np.where(rows, (part + POINTS) / part, (1 - part - POINTS) / (1 - part))
            ratios[at] = _recall(hit, weight * times, reach) / today
    return ratios


def _recall(hit: NDArray[np.bool_], weight: Floats, reach: float) -> float:
    """Give the share of violations in the list that is ``reach`` times as long as they are many."""
    violations = float(weight[hit].sum())
    listed = np.cumsum(weight) <= reach * violations * (1 + 1e-9)
    return float(weight[hit & listed].sum()) / violations if violations else np.nan
