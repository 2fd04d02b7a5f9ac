"""Labelled rows of one topic, gathered from a stream in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mimawari.detectors.gbdt.weights import inverse_propensity
from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from mimawari.listings.listing import Listing


@dataclass(frozen=True, slots=True)
class Rows:
    """Labelled listings, and how many listings of the stream each stands for."""

    listings: tuple[Listing, ...]
    y: NDArray[np.bool_]
    weight: NDArray[np.float64]

    @property
    def groups(self) -> NDArray[np.str_]:
        """Sellers."""
        return np.array([listing.seller_id for listing in self.listings])

    @property
    def times(self) -> NDArray[np.float64]:
        """Seconds since the epoch when each was listed, NaN where unknown."""
        at = [listing.created_at or listing.updated_at for listing in self.listings]
        return np.array([np.nan if t is None else t.timestamp() for t in at])

    def take(self, index: NDArray[np.int64]) -> Rows:
        """Select rows."""
        chosen = tuple(self.listings[i] for i in index)
        return Rows(chosen, self.y[index], self.weight[index])


def collect(
    labelled: Iterable[tuple[Listing, int | None] | tuple[Listing, int | None, float]],
    most: int = 50_000,
    seed: int = 0,
) -> Rows:
    """Keep a uniform sample of at most ``most`` rows a class; unknown labels are left out.

    Sampled rows weigh more in return, so that the prior of the stream is kept. A third value
    is the probability with which a listing came to be labelled, 1 without it: rows weigh as
    `inverse_propensity` says.
    """
    random = np.random.default_rng(seed)
    kept: tuple[list[tuple[Listing, float]], list[tuple[Listing, float]]] = ([], [])
    seen = [0, 0]
    for listing, label, *chance in labelled:
        if label is None:
            continue
        side = int(bool(label))
        seen[side] += 1
        row = (listing, chance[0] if chance else 1.0)
        if len(kept[side]) < most:
            kept[side].append(row)
        elif (at := int(random.integers(seen[side]))) < most:
            kept[side][at] = row
    counts = [len(kept[0]), len(kept[1])]
    factors = [seen[side] / max(counts[side], 1) for side in (0, 1)]
    y = np.repeat([False, True], counts)
    rows = (*kept[0], *kept[1])
    weight = inverse_propensity(np.array([chance for _, chance in rows], np.float64))
    listings = tuple(listing for listing, _ in rows)
    return Rows(listings, y, np.where(y, factors[1], factors[0]) * weight)


def check_enough(topic: str, y: NDArray[np.bool_], groups: Sequence[str], least: int) -> None:
    """Refuse too few labels, saying how many more are needed."""
    column = f"label:{topic}"
    positives = int(y.sum())
    sellers = len({seller for seller, violates in zip(groups, y, strict=True) if violates})
    problems = []
    if positives < least:
        more = f"label {least - positives} more listings that violate ({least} in all)"
        remedy = f"{more}; mimawari select looks for them"
        problems.append(FieldProblem(column, f"has {positives} positives", remedy))
    elif sellers < 2:
        remedy = "label violations of at least 2 sellers, so that one can validate the other"
        problems.append(FieldProblem(column, f"has positives of {sellers} seller", remedy))
    if len(y) - positives < least:
        remedy = f"label {least - len(y) + positives} more listings that do not violate"
        problems.append(FieldProblem(column, f"has {len(y) - positives} negatives", remedy))
    if problems:
        raise InvalidInputError(*problems)
