"""What a model is worth on labelled listings that it has not learnt from."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from mimawari.alerts.ties import tie_break
from mimawari.evaluation.bootstrap import group_bootstrap
from mimawari.evaluation.calibration_error import calibration_error
from mimawari.evaluation.choosing.capacity import at_capacity
from mimawari.evaluation.precision import ranking
from mimawari.evaluation.slices import slice_names
from mimawari.evaluation.validation.moving import recall_moved
from mimawari.evaluation.validation.parts import rates_by_part
from mimawari.figures import three_figures
from mimawari.records.measured import Figure, Table

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from mimawari.detectors.gbdt.rows import Rows
    from mimawari.evaluation.bootstrap import Interval
    from mimawari.evaluation.validation.parts import Part

    Scores = NDArray[np.float64]

DRAWS = 500
LEAST_OF_A_CLASS = 10


@dataclass(frozen=True)
class Unseen:
    """Labelled listings, and what was said of them; scores have shape (n,).

    Parameters
    ----------
    model
        Probabilities of the model that is validated; NaN: no opinion.
    champion
        Of the model in force; None where rules alone are.
    rules
        The precision of the best rule that hits; NaN where none does.
    against
        The champion's version; empty where there is none.
    k
        Alerts over all listings that the rows stand for.
    seen_sellers
        Sellers whose listings the model has learnt from.
    """

    rows: Rows
    model: Scores
    champion: Scores | None
    rules: Scores
    against: str
    k: int
    seen_sellers: frozenset[str] = field(default_factory=frozenset)

    @cached_property
    def ties(self) -> NDArray[np.int64]:
        """Order of the rows where scores are equal: that of the top K."""
        keys = [tie_break(listing.id) for listing in self.rows.listings]
        places = np.empty(len(keys), np.int64)
        places[sorted(range(len(keys)), key=keys.__getitem__)] = np.arange(len(keys))
        return places

    def served(self, scores: Scores | None) -> Scores:
        """Give what competes for the top K: the larger of model and rules."""
        return self.rules if scores is None else np.fmax(scores, self.rules)


def too_few(rows: Rows) -> str:
    """Say why rows judge nobody; empty where they do."""
    violations, others = int(rows.y.sum()), int((~rows.y).sum())
    if min(violations, others) >= LEAST_OF_A_CLASS:
        return ""
    return (
        f"{violations} violations and {others} others are labelled that it has not learnt from; "
        f"{LEAST_OF_A_CLASS} of each are needed"
    )


def figures_of(unseen: Unseen) -> tuple[list[Figure], list[Table]]:
    """Measure quality, gain over champion and rules, calibration, and every part of the market.

    Intervals are over sellers, by `group_bootstrap`; a gain is measured on the same draws for
    both.
    """
    figures = [
        Figure(
            measure="labels",
            value=float(len(unseen.rows.y)),
            statement=f"{int(unseen.rows.y.sum())} of them violate",
        ),
        _auprc(unseen),
        _gain(unseen),
        _worth(unseen),
        _calibration(unseen),
    ]
    parts, tables = _parts(unseen)
    return [*figures, *parts], tables


def _auprc(unseen: Unseen) -> Figure:
    interval = _over_sellers(unseen, lambda rows: _average(unseen, unseen.model, rows))
    return _figure("auprc", interval, len(unseen.rows.y))


def _gain(unseen: Unseen) -> Figure:
    """Compare what would compete for the top K: with the champion, or with the rules alone."""
    model, champion = unseen.served(unseen.model), unseen.served(unseen.champion)
    interval = _over_sellers(
        unseen, lambda rows: _average(unseen, model, rows) - _average(unseen, champion, rows)
    )
    return _figure("auprc_gain", interval, len(unseen.rows.y), unseen.against)


def _worth(unseen: Unseen) -> Figure:
    model, rules = unseen.served(unseen.model), unseen.rules
    interval = _over_sellers(
        unseen, lambda rows: 100 * (_caught(unseen, model, rows) - _caught(unseen, rules, rows))
    )
    return _figure("worth_over_rules", interval, len(unseen.rows.y))


def _calibration(unseen: Unseen) -> Figure:
    known = np.flatnonzero(~np.isnan(unseen.model))
    rows = unseen.rows.take(known)
    scores = unseen.model[known]
    interval = group_bootstrap(
        lambda drawn: calibration_error(
            scores[drawn], rows.y[drawn].astype(np.int8), rows.weight[drawn]
        ),
        list(rows.groups),
        seed=3,
        draws=DRAWS,
    )
    return _figure("calibration_error", interval, len(known))


def _parts(unseen: Unseen) -> tuple[list[Figure], list[Table]]:
    rows = unseen.rows
    names = [_names(unseen, row) for row in range(len(rows.y))]
    order = ranking(unseen.served(unseen.model), [listing.id for listing in rows.listings])
    n = int(np.searchsorted(np.cumsum(rows.weight[order]), unseen.k * (1 + 1e-9), side="right"))
    listed = np.zeros(len(rows.y), bool)
    listed[order[:n]] = True
    figures, tables = [], []
    for measure, title, chosen in (
        ("worst_slice", "Recall by part of the market, over recall in all of it", rows.y),
        ("false_alarm_ratio", "Ordinary listings flagged by part, over all", ~rows.y),
    ):
        at = np.flatnonzero(chosen)
        parts = rates_by_part(
            [names[i] for i in at], listed[at], rows.weight[at], list(rows.groups[at])
        )
        figures.append(_of_parts(measure, parts))
        tables.append(_table(title, parts))
    moved = recall_moved(names, rows.y, order, rows.weight, unseen.k, list(rows.groups))
    figures.append(_of_parts("recall_moved", moved))
    tables.append(_table("Recall where the market moves towards a part, over today's", moved))
    return figures, tables


def _of_parts(measure: str, parts: list[Part]) -> Figure:
    """Give the worst of the parts that are surely worse; 1 where none is."""
    low = measure != "false_alarm_ratio"
    worse = [part for part in parts if (part.surely_low if low else part.surely_high)]
    if not worse:
        return Figure(measure=measure, value=1.0, over=len(parts), statement="no part surely is")
    worst = (min if low else max)(worse, key=lambda part: part.ratio)
    return Figure(
        measure=measure,
        value=worst.ratio,
        low=worst.low,
        high=worst.high,
        over=len(parts),
        statement=f"{worst.kind} {worst.name}",
    )


def _table(title: str, parts: list[Part]) -> Table:
    cells = [
        (
            part.kind,
            part.name,
            str(part.rows),
            str(part.sellers),
            three_figures(part.ratio),
            f"{three_figures(part.low)} to {three_figures(part.high)}",
            "lower" if part.surely_low else "higher" if part.surely_high else "",
        )
        for part in parts
    ]
    columns = ("kind", "part", "listings", "sellers", "ratio", "interval", "surely")
    return Table(title, columns, tuple(cells))


def _names(unseen: Unseen, row: int) -> dict[str, str]:
    listing = unseen.rows.listings[row]
    seen = listing.seller_id in unseen.seen_sellers
    return {**slice_names(listing), "seller": "learnt from" if seen else "new to the model"}


def _average(unseen: Unseen, scores: Scores, rows: NDArray[np.int64]) -> float:
    """Give the average precision of rows, which may repeat; those without a score come last."""
    ranked = np.where(np.isnan(scores[rows]), -np.inf, scores[rows])
    order = np.lexsort((unseen.ties[rows], -ranked))
    y, weight = unseen.rows.y[rows], unseen.rows.weight[rows]
    return at_capacity(order, y, weight, np.inf).average


def _caught(unseen: Unseen, scores: Scores, rows: NDArray[np.int64]) -> float:
    """Give violations among the K best, an alert."""
    known = rows[~np.isnan(scores[rows])]
    order = np.lexsort((unseen.ties[known], -scores[known]))
    y, weight = unseen.rows.y[known], unseen.rows.weight[known]
    share = float(unseen.rows.weight[rows].sum() / unseen.rows.weight.sum())
    k = unseen.k * share
    listed = np.cumsum(weight[order]) <= k * (1 + 1e-9)
    return float((weight * y)[order][listed].sum() / k)


def _over_sellers(unseen: Unseen, measure: Callable[[NDArray[np.int64]], float]) -> Interval:
    return group_bootstrap(measure, list(unseen.rows.groups), seed=2, draws=DRAWS)


def _figure(measure: str, interval: Interval, over: int, against: str | None = None) -> Figure:
    return Figure(
        measure=measure,
        value=interval.value,
        low=interval.low,
        high=interval.high,
        over=over,
        against=against,
    )
