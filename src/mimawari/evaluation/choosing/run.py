"""Put every kind through the same folds, and train the one that is chosen."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from mimawari.detectors.calibration import fit_calibration
from mimawari.detectors.gbdt.rows import check_enough
from mimawari.detectors.golden import add_golden
from mimawari.detectors.loading import load_model
from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.evaluation.choosing.algorithms import ALGORITHMS, silent
from mimawari.evaluation.choosing.compare import RULES, Comparison, compare

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from mimawari.evaluation.choosing.kind import Margins
    from mimawari.evaluation.choosing.task import Task
    from mimawari.records.json import JsonObject, JsonValue
    from mimawari.records.lineage import Lineage

    Progress = Callable[[str, int, int], None]

ENSEMBLE = "ensemble"
GATED = "gmu"


class Contest:
    """Held-out scores of the kinds, each computed once.

    Parameters
    ----------
    progress
        Called with the kind and what it does, steps done and steps in all.
    """

    def __init__(self, task: Task, progress: Progress = silent) -> None:
        settings = task.settings.gbdt
        check_enough(task.topic, task.rows.y, list(task.rows.groups), settings.least_positives)
        self.task = task
        self.margins: Margins = {}
        self.seconds: dict[str, float] = {}
        self._progress = progress

    def held_out(self, name: str) -> None:
        """Score by one kind, and before it by those that it builds on."""
        if name in self.margins:
            return
        if name not in ALGORITHMS:
            problem = FieldProblem("--algorithm", f"is {name}", f"use {', '.join(ALGORITHMS)}")
            raise InvalidInputError(problem)
        if reason := ALGORITHMS[name].absent(self.task):
            raise InvalidInputError(
                FieldProblem("--algorithm", f"{name}: {reason}", "choose another")
            )
        parts = ALGORITHMS[name].members(self.task)
        for part in parts:
            self.held_out(part)
        began = time.monotonic()
        self.margins[name] = ALGORITHMS[name].held_out(self.task, self.margins, self._named(name))
        spent = time.monotonic() - began
        self.seconds[name] = spent + sum(self.seconds[part] for part in parts)

    def compare(self, names: Sequence[str], k: int) -> Comparison:
        """Compare kinds at ``k`` alerts, each with the rules where these are compared too.

        Those that cannot be made are told with the reason.
        """
        absent = {n: reason for n in names if (reason := ALGORITHMS[n].absent(self.task))}
        present = [name for name in ALGORITHMS if name in names and name not in absent]
        for name in present:
            self.held_out(name)
        scores = {name: self._served(name) for name in present}
        task = self.task
        preferred = preferred_of(task)
        comparison = compare(
            task.topic, task.rows, scores, k, task.settings.seed, preferred=preferred
        )
        entries = tuple(
            msgspec.structs.replace(entry, seconds=self.seconds[entry.name])
            for entry in comparison.entries
        )
        return msgspec.structs.replace(
            comparison,
            entries=entries,
            absent=absent,
            folds=len(task.folds),
            remarks=task.trained.of_folds(),
        )

    def _served(self, name: str) -> NDArray[np.float64]:
        """Give held-out scores as the suite would: the larger of model and rules.

        A model never serves alone where there are rules; what counts is what it adds to them.
        """
        margins, rules = self.margins[name], self.margins.get(RULES)
        if name == RULES or rules is None:
            return margins
        rows, known = self.task.rows, ~np.isnan(margins)
        curve = fit_calibration(margins[known], rows.y[known], rows.weight[known])
        return np.fmax(curve.apply(margins).astype(np.float64), rules)

    def save(self, name: str, lineage: Lineage, folder: Path) -> str:
        """Train one kind on all rows and write its folder; returns the model's version."""
        for part in ALGORITHMS[name].members(self.task):
            self.held_out(part)
        step = self._named(name)
        ALGORITHMS[name].save(self.task, self.margins, lineage, folder, step)
        return add_golden(folder, load_model(folder))

    def _named(self, name: str) -> Progress:
        return lambda what, done, of: self._progress(f"{name}: {what}", done, of)


def preferred_of(task: Task) -> str:
    """Give the kind that is taken unless it is surely behind; none: an empty text.

    It is the ensemble, where all its members cost little: n-grams, and sentences, which are asked
    only above the floor of the day. A gated unit scores every listing and has to earn its keep.
    """
    ensemble = ALGORITHMS[ENSEMBLE]
    is_cheap = not ensemble.absent(task) and GATED not in ensemble.members(task)
    return ENSEMBLE if is_cheap else ""


def as_lineage(comparison: Comparison) -> JsonObject:
    """Give a comparison as what a model's lineage keeps of it; numbers without noise digits."""
    plain: JsonObject = msgspec.to_builtins(comparison)
    return {name: _rounded(value) for name, value in {**plain, "why": comparison.why}.items()}


def _rounded(value: JsonValue) -> JsonValue:
    if isinstance(value, float):
        return None if np.isnan(value) else round(value, 4)
    if isinstance(value, dict):
        return {name: _rounded(inside) for name, inside in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(inside) for inside in value]
    return value
