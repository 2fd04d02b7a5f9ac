"""The kind that pools others: members that hurt are left out, the rest weigh the same."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from mimawari.detectors.calibration import fit_calibration
from mimawari.detectors.ensemble import artifact as ensembles
from mimawari.detectors.ensemble.pool import pool
from mimawari.detectors.gbdt.acceptance import Ranking, ranks_better
from mimawari.detectors.loading import load_model
from mimawari.detectors.platt import Scale, bounded, fit_scale, rises

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from mimawari.detectors.gbdt.rows import Rows
    from mimawari.evaluation.choosing.kind import Algorithm, Margins, Progress
    from mimawari.evaluation.choosing.task import Task
    from mimawari.records.lineage import Lineage

    Floats = NDArray[np.float64]

RIVALS = ("linear", "gbdt")
"""The text score without and with trees: of two that share their words one is taken."""
TEXT = ("linear", "tfidf", "gbdt")
"""Text scores: these are always there."""
OTHERS = ("gmu", "sentences")
"""Kinds that see something else than n-grams; an ensemble needs one of them."""
COSTLY = ("sentences",)
"""Kinds that are asked only where they can matter: what they say at most is bounded."""


def useful(opinions: Mapping[str, Floats], rows: Rows) -> tuple[str, ...]:
    """Give the members that are pooled: all, but those without which the pool ranks better.

    Parameters
    ----------
    opinions
        Held-out log-odds by member, NaN for none; shape (n,).

    Notes
    -----
    The weights are equal or nothing: a member goes when the others, or any of them alone, rank
    better in 95 of 100 draws of sellers (`ranks_better`). So the fewer the violations, the nearer
    the weights stay to equal, and no topic gets less than its best member beyond noise.
    """
    names = tuple(opinions)
    while len(names) > 1:
        best = max(_fewer(names), key=lambda some: _precision(opinions, some, rows))
        new, old = _ranked(opinions, best), _ranked(opinions, names)
        if not ranks_better(rows.y, new, old, rows.weight, rows.groups):
            break
        names = best
    return names


def _fewer(names: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Give what is left without each member, and each member alone."""
    without = [tuple(name for name in names if name != left_out) for left_out in names]
    return [*without, *((name,) for name in names)]


def _ranked(opinions: Mapping[str, Floats], names: tuple[str, ...]) -> Floats:
    """Pool some members; who has no opinion of a row puts it last."""
    pooled = pool([opinions[name] for name in names])
    return np.nan_to_num(pooled, nan=-np.finfo(np.float64).max)


def _precision(opinions: Mapping[str, Floats], names: tuple[str, ...], rows: Rows) -> float:
    return Ranking(rows.y, _ranked(opinions, names)).average_precision(rows.weight)


def fit_members(margins: Mapping[str, Floats], rows: Rows) -> dict[str, Scale]:
    """Choose members by held-out margins in deviations from their background.

    All weigh the same in these units. A line that is learnt from violations, one a member, would
    weigh them by the few sellers that a fold has, and put every fold on another scale. It is asked
    one thing only: whether it rises. Who gives violations no more than other listings says nothing
    or the reverse, and goes, unless all do.

    Returns
    -------
    dict[str, Scale]
        Of each member's deviations: as they are, a costly one's up to the highest there was.
    """
    rivals = {name: margins[name] for name in RIVALS}
    better = max(rivals, key=lambda name: _precision(rivals, (name,), rows))
    used = [name for name in margins if name == better or name not in RIVALS]
    as_they_are = Scale(slope=1.0, intercept=0.0)
    scales = {
        name: bounded(as_they_are, margins[name]) if name in COSTLY else as_they_are
        for name in used
    }
    rising = [name for name in used if rises(margins[name], rows.y, rows.weight)]
    opinions = {name: scales[name].log_odds(margins[name]) for name in rising or used}
    return {name: scales[name] for name in useful(opinions, rows)}


class Ensemble:
    """Text scores, sentences and the gated unit, as far as each has something to add."""

    says = "text scores with sentences or the gated network, averaged: the cost of all"

    def __init__(self, kinds: Mapping[str, Algorithm]) -> None:
        self._kinds = kinds

    def members(self, task: Task) -> tuple[str, ...]:
        """Build on the text scores, and on what sees something else than their words.

        Those are sentences, and the gated unit where it looks at pictures; without sentences,
        the gated unit in any case.
        """
        there = [name for name in OTHERS if not self._kinds[name].absent(task)]
        if "sentences" in there and task.settings.gmu.spec.picture is None:
            there.remove("gmu")
        return (*TEXT, *there)

    def absent(self, task: Task) -> str:
        """Ask for one more than the text scores."""
        if len(self.members(task)) > len(TEXT):
            return ""
        return " and ".join(self._kinds[name].absent(task) for name in OTHERS)

    def held_out(self, task: Task, before: Margins, progress: Progress) -> NDArray[np.float64]:
        """Pool the members' held-out margins; who is a member, the other folds say."""
        pooled = np.full(len(task.rows.y), np.nan)
        for fit, held in task.folds:
            parts = {name: before[name][fit] for name in self.members(task)}
            scales = fit_members(parts, task.rows.take(fit))
            odds = [scale.log_odds(before[name][held]) for name, scale in scales.items()]
            pooled[held] = pool(odds)
        return pooled

    def save(
        self, task: Task, before: Margins, lineage: Lineage, folder: Path, progress: Progress
    ) -> str:
        """Train all members, and calibrate their pooled held-out opinions."""
        scales = fit_members({name: before[name] for name in self.members(task)}, task.rows)
        pooled = pool([scale.log_odds(before[name]) for name, scale in scales.items()])
        known = ~np.isnan(pooled)
        y, weight = task.rows.y[known], task.rows.weight[known]
        line = fit_scale(pooled[known], y, weight)
        calibration = fit_calibration(line.log_odds(pooled[known]), y, weight)
        shared = {
            name: msgspec.structs.replace(line, highest=scale.highest)
            for name, scale in scales.items()
        }
        write = {
            name: partial(self._kinds[name].save, task, before, lineage, progress=progress)
            for name in scales
        }
        return ensembles.save(task.topic, write, load_model, shared, calibration, lineage, folder)
