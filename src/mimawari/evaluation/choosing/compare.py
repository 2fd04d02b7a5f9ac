"""Which of several rankings is best at capacity, and which of those within noise is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from mimawari.evaluation.choosing.capacity import at_capacity
from mimawari.evaluation.precision import ranking

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from mimawari.detectors.gbdt.rows import Rows

DRAWS = 500
RULES = "rules"
SURE = 0.95


class Figure(msgspec.Struct, frozen=True):
    """A measure with its 95 % interval over sellers."""

    value: float
    low: float
    high: float


class Entry(msgspec.Struct, frozen=True):
    """One kind of detector.

    ``behind`` is how much less its AP@K is than the best one's, ``noise`` the standard error of
    that difference, and ``as_good`` whether the first is no more than the second. ``behind_in`` is
    the share of draws of sellers in which it is behind.
    """

    name: str
    average: Figure
    precision: Figure
    recall: Figure
    auprc: Figure
    behind: float
    noise: float
    as_good: bool
    behind_in: float = 0.0
    seconds: float = 0.0


class Comparison(msgspec.Struct, frozen=True):
    """Every kind in the same folds, from the simplest to the most complicated.

    ``remarks`` say what the trainings decided by themselves. ``preferred`` is the kind that was
    taken unless it is surely behind, if any.
    """

    topic: str
    k: int
    rows: int
    positives: int
    sellers: int
    entries: tuple[Entry, ...]
    best: str
    chosen: str
    folds: int = 0
    absent: dict[str, str] = {}
    remarks: tuple[str, ...] = ()
    preferred: str = ""

    @property
    def why(self) -> str:
        """The choice in a sentence."""
        by_name = {entry.name: entry for entry in self.entries}
        chosen, best = by_name[self.chosen], by_name[self.best]
        if chosen is best:
            highest = f"{chosen.name} has the highest AP@{self.k} ({best.average.value:.3f})"
            if chosen is self.entries[0]:
                return f"{highest} and is the simplest"
            if chosen.name == self.preferred:
                return f"{highest} and is preferred"
            return f"{highest}, and nothing simpler comes within noise of it"
        behind = f"{chosen.behind:.3f} behind its AP@{self.k} of {best.average.value:.3f}"
        if chosen.name == self.preferred:
            return (
                f"{chosen.name} is preferred and not surely worse than the best, {best.name}: "
                f"{behind}, and so in {chosen.behind_in:.0%} of draws of sellers"
            )
        return (
            f"{chosen.name} is the simplest within noise of the best, {best.name}: {behind}, "
            f"with a standard error of {chosen.noise:.3f}"
        )


def compare(
    topic: str,
    rows: Rows,
    scores: Mapping[str, NDArray[np.floating]],
    k: int,
    seed: int = 0,
    draws: int = DRAWS,
    preferred: str = "",
) -> Comparison:
    """Compare held-out scores, and choose by the rule of one standard error.

    Within noise is a kind whose AP@K is behind the best one's by no more than one standard error of
    the difference. Of those the simplest is chosen (Breiman et al., Classification and Regression
    Trees, 1984, section 3.4.3), but for one kind that is preferred: it is taken unless it is behind
    the best in 95 of 100 draws. The first K of a few hundred violations rarely tell two kinds
    apart, and there the mean of several opinions errs less than any one of them. Rules within noise
    go before it: they need no model.
    Sellers are resampled with replacement, all kinds on the same draws, so what is hard for every
    kind cancels out; it assumes that sellers are independent (Field & Welsh 2007).

    Parameters
    ----------
    scores
        Held-out scores by kind, the simplest kind first; NaN is never alerted; shape (n,).
    k
        Alerts over all the listings that the rows stand for.
    preferred
        A kind that is chosen before all but the rules, unless it is surely behind.

    Examples
    --------
    >>> from mimawari.detectors.gbdt.rows import Rows
    >>> from mimawari.listings.listing import Listing
    >>> ware = tuple(Listing(id=str(i), version=1, seller_id=str(i), title="t") for i in range(40))
    >>> y = np.arange(40) % 4 == 0
    >>> rows, scores = Rows(ware, y, np.ones(40)), {"dull": ~y * 1.0, "sharp": y * 1.0}
    >>> comparison = compare("t", rows, scores, 10)
    >>> comparison.chosen, comparison.entries[0].as_good
    ('sharp', False)
    """
    keys = [listing.id for listing in rows.listings]
    orders = {name: ranking(np.asarray(margins), keys) for name, margins in scores.items()}
    whole = {name: _measures(order, rows, rows.weight, k) for name, order in orders.items()}
    drawn = _draws(orders, rows, k, seed, draws)
    best = max(whole, key=lambda name: whole[name][0])
    entries = []
    for name, measures in whole.items():
        behind = whole[best][0] - measures[0]
        less = drawn[best][:, 0] - drawn[name][:, 0]
        less = less[~np.isnan(less)]
        noise, behind_in = float(np.std(less)), float(np.mean(less > 0))
        average, precision, recall, auprc = (
            _figure(value, drawn[name][:, i]) for i, value in enumerate(measures)
        )
        entries.append(
            Entry(
                name, average, precision, recall, auprc, behind, noise, behind <= noise, behind_in
            )
        )
    return Comparison(
        topic,
        k,
        rows=len(rows.y),
        positives=int(rows.y.sum()),
        sellers=len(np.unique(rows.groups)),
        entries=tuple(entries),
        best=best,
        chosen=_chosen(entries, preferred),
        preferred=preferred,
    )


def _chosen(entries: Sequence[Entry], preferred: str) -> str:
    """Take rules within noise, else the preferred kind, else the simplest within noise."""
    simplest = next(entry.name for entry in entries if entry.as_good)
    stays = any(entry.name == preferred and entry.behind_in < SURE for entry in entries)
    return preferred if stays and simplest != RULES else simplest


def _draws(
    orders: Mapping[str, NDArray[np.int64]], rows: Rows, k: int, seed: int, draws: int
) -> dict[str, NDArray[np.float64]]:
    """Measure every ranking on the same resampled sellers; shape (draws, 4) each."""
    random = np.random.default_rng((seed, 0xC40))
    names, of_row = np.unique(rows.groups, return_inverse=True)
    drawn_measures = {name: np.full((draws, 4), np.nan) for name in orders}
    for draw in range(draws):
        times = np.bincount(random.integers(len(names), size=len(names)), minlength=len(names))
        weight = rows.weight * times[of_row]
        for name, order in orders.items():
            drawn_measures[name][draw] = _measures(order, rows, weight, k)
    return drawn_measures


def _measures(
    order: NDArray[np.int64], rows: Rows, weight: NDArray[np.float64], k: int
) -> tuple[float, float, float, float]:
    """Give AP@K, Precision@K, Recall@K, and AP over all of the ranking."""
    measured = at_capacity(order, rows.y, weight, k)
    return (
        measured.average,
        measured.precision,
        measured.recall,
        at_capacity(order, rows.y, weight, np.inf).average,
    )


def _figure(value: float, drawn: NDArray[np.float64]) -> Figure:
    low, high = np.nanquantile(drawn, (0.025, 0.975))
    return Figure(value, float(low), float(high))
