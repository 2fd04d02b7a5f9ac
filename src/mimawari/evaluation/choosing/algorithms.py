"""The kinds of detector, from the simplest to the most complicated."""

from __future__ import annotations

from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Protocol

import msgspec
import numpy as np
from sklearn.metrics import average_precision_score

from mimawari.detectors.calibration import fit_calibration
from mimawari.detectors.ensemble import artifact as ensembles
from mimawari.detectors.ensemble.pool import pool
from mimawari.detectors.gbdt import artifact as trees
from mimawari.detectors.gbdt.evaluate import held_out_scores
from mimawari.detectors.gbdt.training import train as train_trees
from mimawari.detectors.gmu import artifact as units
from mimawari.detectors.gmu.training.train import held_out_scores as held_out_units
from mimawari.detectors.gmu.training.train import train_together
from mimawari.detectors.loading import load_model
from mimawari.detectors.platt import Scale, fit_scale
from mimawari.detectors.sentences import artifact as sentences
from mimawari.detectors.sentences.training import Settings as SentenceSettings
from mimawari.detectors.sentences.training import held_out_scores as held_out_sentences
from mimawari.detectors.sentences.training import train as train_sentences
from mimawari.listings.batch import ListingBatch

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from mimawari.detectors.gbdt.training import Settings as GbdtSettings
    from mimawari.evaluation.choosing.task import Task
    from mimawari.records.lineage import Lineage

    Progress = Callable[[str, int, int], None]
    Margins = dict[str, NDArray[np.float64]]


def silent(what: str, done: int, of: int) -> None:
    """Show no progress."""


class Algorithm(Protocol):
    """One kind: what it is, how good it is for unseen sellers, and how it is made."""

    @property
    def says(self) -> str:
        """What it is and what it costs, in a line."""
        ...

    def members(self, task: Task) -> tuple[str, ...]:
        """Give the kinds that it builds on; most build on none."""
        ...

    def absent(self, task: Task) -> str:
        """Say why it cannot be made from this; empty where it can."""
        ...

    def held_out(self, task: Task, before: Margins, progress: Progress) -> NDArray[np.float64]:
        """Score every row without its seller; NaN is 'no opinion'; shape (n,).

        Parameters
        ----------
        before
            Held-out scores of simpler kinds, for those that build on them.
        """
        ...

    def save(
        self, task: Task, before: Margins, lineage: Lineage, folder: Path, progress: Progress
    ) -> str:
        """Train on all rows and write the folder; returns the model's version."""
        ...


class Rules:
    """The rules that are written already."""

    says = "the written rules alone: nothing to train, nothing to keep in step"

    def members(self, task: Task) -> tuple[str, ...]:
        """Build on none."""
        return ()

    def absent(self, task: Task) -> str:
        """Ask for a topic file."""
        known = task.rules is not None and task.topic in task.rules.topics
        return "" if known else f"no rules of {task.topic} are known"

    def held_out(self, task: Task, before: Margins, progress: Progress) -> NDArray[np.float64]:
        """Score by the declared precision of the best rule that hits."""
        if task.rules is None:
            raise ValueError(self.absent(task))
        scores = task.rules.score(ListingBatch.of(task.rows.listings))
        column: NDArray[np.float64] = scores[:, task.rules.topics.index(task.topic)].astype(float)
        return column

    def save(
        self, task: Task, before: Margins, lineage: Lineage, folder: Path, progress: Progress
    ) -> str:
        """Write nothing: the rules are the user's topic file."""
        return ""


class Trees:
    """Text score, with boosted trees over it or without."""

    def __init__(self, with_trees: bool) -> None:
        self._with_trees = with_trees
        self.says = (
            "text score corrected by boosted trees: price, seller, rules; a minute to train"
            if with_trees
            else "text score alone: logistic regression on n-grams; seconds to train"
        )

    def members(self, task: Task) -> tuple[str, ...]:
        """Build on none."""
        return ()

    def absent(self, task: Task) -> str:
        """Ask for nothing: labels suffice."""
        return ""

    def settings(self, task: Task) -> GbdtSettings:
        """Give the settings; a linear model has no trees."""
        return msgspec.structs.replace(task.settings.gbdt, with_trees=self._with_trees)

    def held_out(self, task: Task, before: Margins, progress: Progress) -> NDArray[np.float64]:
        """Train a model a fold."""
        # A training part holds fewer positives than the whole: it need only be trainable.
        settings = msgspec.structs.replace(self.settings(task), least_positives=1)
        folds = task.settings.folds
        return held_out_scores(
            task.rows,
            task.topic,
            folds,
            settings,
            lambda done: progress("folds", done, folds),
            task.settings.seed,
        )

    def save(
        self, task: Task, before: Margins, lineage: Lineage, folder: Path, progress: Progress
    ) -> str:
        """Train on all rows."""
        made = train_trees(task.rows, task.topic, self.settings(task), lineage=lineage)
        return trees.save(made, folder)


class Gated:
    """The gated multimodal unit, with the labels of other topics as further heads."""

    says = "gated network over text, table and pictures; minutes to train, needs PyTorch"

    def members(self, task: Task) -> tuple[str, ...]:
        """Build on none."""
        return ()

    def absent(self, task: Task) -> str:
        """Ask for PyTorch, to train, and ONNX Runtime, to serve."""
        missing = [name for name in ("torch", "onnx", "onnxruntime") if find_spec(name) is None]
        install = "pip install 'mimawari[train]'"
        return f"{', '.join(missing)} not installed: {install}" if missing else ""

    def held_out(self, task: Task, before: Margins, progress: Progress) -> NDArray[np.float64]:
        """Train a network a fold; the margins of this topic's head."""
        margins = held_out_units(
            task.labelled, task.folds, task.settings.gmu, task.encoder, progress
        )
        column: NDArray[np.float64] = margins[:, 0]
        return column

    def save(
        self, task: Task, before: Margins, lineage: Lineage, folder: Path, progress: Progress
    ) -> str:
        """Train on all rows; only this topic's head is kept."""
        made = train_together(
            task.labelled,
            task.settings.gmu,
            task.encoder,
            lineage,
            task.checkpoints,
            progress,
        )
        return units.save(made[0], folder)


class Sentences:
    """Sentence embeddings with a linear head."""

    says = "linear head over sentence embeddings: slower to score, needs an encoder"

    def members(self, task: Task) -> tuple[str, ...]:
        """Build on none."""
        return ()

    def absent(self, task: Task) -> str:
        """Ask for an encoder, and for what runs it."""
        missing = [name for name in ("onnxruntime", "tokenizers") if find_spec(name) is None]
        if missing:
            return f"{', '.join(missing)} not installed: pip install 'mimawari[sentences]'"
        return "" if task.sentences else "no sentence encoder was named (--sentences FOLDER)"

    def held_out(self, task: Task, before: Margins, progress: Progress) -> NDArray[np.float64]:
        """Train a head a fold; texts are embedded once."""
        return held_out_sentences(task.embedded(progress), task.rows, task.folds)

    def save(
        self, task: Task, before: Margins, lineage: Lineage, folder: Path, progress: Progress
    ) -> str:
        """Train on all rows."""
        if task.sentences is None:
            raise ValueError(self.absent(task))
        least = task.settings.gbdt.least_positives
        made = train_sentences(
            task.rows,
            task.topic,
            task.sentences,
            SentenceSettings(least_positives=least),
            lineage,
            task.embedded(progress),
        )
        return sentences.save(made, folder)


class Ensemble:
    """A text score, sentences and the gated unit, as far as each has something to add."""

    says = "text score with sentences or the gated network, averaged: the cost of both"

    def members(self, task: Task) -> tuple[str, ...]:
        """Build on the text score, and on what sees something else than its words.

        Those are sentences, and the gated unit where it looks at pictures; without sentences,
        the gated unit in any case.
        """
        there = [name for name in ("gmu", "sentences") if not ALGORITHMS[name].absent(task)]
        if "sentences" in there and task.settings.gmu.spec.picture is None:
            there.remove("gmu")
        return (*TEXT, *there)

    def absent(self, task: Task) -> str:
        """Ask for one more than the text score."""
        if len(self.members(task)) > len(TEXT):
            return ""
        return " and ".join(ALGORITHMS[name].absent(task) for name in ("gmu", "sentences"))

    def held_out(self, task: Task, before: Margins, progress: Progress) -> NDArray[np.float64]:
        """Pool the members' held-out margins, each on the scale of its log-odds."""
        scales = self._scales(task, before)
        return pool([scale.log_odds(before[name]) for name, scale in scales.items()])

    def save(
        self, task: Task, before: Margins, lineage: Lineage, folder: Path, progress: Progress
    ) -> str:
        """Train all members, and calibrate their pooled held-out opinions."""
        pooled = self.held_out(task, before, progress)
        known = ~np.isnan(pooled)
        calibration = fit_calibration(pooled[known], task.rows.y[known], task.rows.weight[known])
        scales = self._scales(task, before)
        write = {
            name: partial(ALGORITHMS[name].save, task, before, lineage, progress=progress)
            for name in scales
        }
        return ensembles.save(task.topic, write, load_model, scales, calibration, lineage, folder)

    def _scales(self, task: Task, before: Margins) -> dict[str, Scale]:
        """Fit the members' scales; of the text scores, that of the better one."""
        rows = task.rows

        def precision(name: str) -> float:
            return float(average_precision_score(rows.y, before[name], sample_weight=rows.weight))

        used = (max(TEXT, key=precision), *self.members(task)[len(TEXT) :])
        return {name: fit_scale(before[name], rows.y, rows.weight) for name in used}


TEXT = ("linear", "gbdt")
"""The text score without and with trees: an ensemble takes the better, the simpler if equal."""
ALGORITHMS: dict[str, Algorithm] = {
    "rules": Rules(),
    "linear": Trees(with_trees=False),
    "gbdt": Trees(with_trees=True),
    "gmu": Gated(),
    "sentences": Sentences(),
    "ensemble": Ensemble(),
}
"""Every kind by its name, the simplest first."""
