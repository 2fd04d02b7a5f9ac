"""How much of its recall a model keeps when the violations it has not seen are disguised."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mimawari.evaluation.attacks import attack, measure
from mimawari.figures import three_figures
from mimawari.listings.batch import ListingBatch
from mimawari.listings.disguises import among
from mimawari.records.measured import Figure, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from mimawari.detectors.gbdt.rows import Rows
    from mimawari.detectors.loading import Model
    from mimawari.listings.listing import Listing

MOST = 200
"""Violations that are disguised, drawn where there are more."""
FLAGGED_ONLY = frozenset({"reversed", "picture", "price"})
"""Disguises that a text model cannot see through, or that do not touch the text."""


def scorer(model: Model) -> Callable[[Sequence[Listing]], NDArray[np.float64]]:
    """Give what scores listings by a model; no opinion is 0."""

    def score(batch: Sequence[Listing]) -> NDArray[np.float64]:
        return np.nan_to_num(model.score(ListingBatch.of(batch))[:, 0].astype(np.float64))

    return score


def drawn_violations(rows: Rows, random: np.random.Generator) -> NDArray[np.int64]:
    """Give the violations that are disguised: all, or some where there are many."""
    violating = np.flatnonzero(rows.y)
    if len(violating) <= MOST:
        return violating
    return np.sort(random.choice(violating, MOST, replace=False))


def recall_kept(rows: Rows, model: Model, clean: NDArray[np.float64]) -> tuple[Figure, Table]:
    """Attack a model by every disguise of characters, words chosen at random, half of them.

    Parameters
    ----------
    clean
        The model's scores of the rows as they are, shape (n,).
    """
    violating = drawn_violations(rows, np.random.default_rng((0, 0x4F1)))
    others = np.flatnonzero(~rows.y)
    chosen = np.concatenate([violating, others])
    listings = [rows.listings[i] for i in chosen]
    y = np.arange(len(chosen)) < len(violating)
    named = among([rows.listings[i] for i in others])
    tried = [d for n, d in named.items() if d.character_level and n not in FLAGGED_ONLY]
    attacks = attack([rows.listings[i] for i in violating], scorer(model), tried)
    report = measure("", listings, y, np.nan_to_num(clean[chosen]), attacks)
    at_random = [outcome for outcome in report.attacks if outcome.targets == "random"]
    cells = tuple(
        (o.attack, three_figures(o.kept), f"{three_figures(o.low)} to {three_figures(o.high)}")
        for o in at_random
    )
    table = Table("Recall kept under disguises", ("disguise", "kept", "interval"), cells)
    worst = min(at_random, key=lambda outcome: outcome.kept)
    figure = Figure(
        measure="recall_kept",
        value=worst.kept,
        low=worst.low,
        high=worst.high,
        over=len(violating),
        statement=f"{worst.attack}: {worst.before!r} as {worst.after!r}",
    )
    return figure, table
