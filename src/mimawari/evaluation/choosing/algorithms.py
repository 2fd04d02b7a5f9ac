"""The kinds of detector, from the simplest to the most complicated."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from mimawari.detectors.background import comparable, fit_background
from mimawari.detectors.gbdt import artifact as trees
from mimawari.detectors.gbdt.evaluate import held_out_scores
from mimawari.detectors.gbdt.linear import TFIDF
from mimawari.detectors.gbdt.training import train as train_trees
from mimawari.detectors.gmu import artifact as units
from mimawari.detectors.gmu.training.train import held_out_scores as held_out_units
from mimawari.detectors.gmu.training.train import train_together
from mimawari.detectors.sentences import artifact as sentences
from mimawari.detectors.sentences.training import Settings as SentenceSettings
from mimawari.detectors.sentences.training import background_of
from mimawari.detectors.sentences.training import held_out_scores as held_out_sentences
from mimawari.detectors.sentences.training import train as train_sentences
from mimawari.evaluation.choosing.ensembles import Ensemble
from mimawari.evaluation.choosing.kind import Algorithm, silent
from mimawari.listings.batch import ListingBatch

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from mimawari.detectors.gbdt.linear import TextSettings
    from mimawari.detectors.gbdt.training import Settings as GbdtSettings
    from mimawari.evaluation.choosing.kind import Margins, Progress
    from mimawari.evaluation.choosing.task import Task
    from mimawari.records.lineage import Lineage

__all__ = ["ALGORITHMS", "TEXT_KINDS", "Algorithm", "silent"]


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
    """Text score, with boosted trees over it or without.

    Parameters
    ----------
    name
        Under which the models' lineages are kept with the task.
    text
        Settings of the text score; by default it chooses its own.
    """

    def __init__(
        self, name: str, says: str, with_trees: bool = False, text: TextSettings | None = None
    ) -> None:
        self.says = says
        self._name = name
        self._with_trees = with_trees
        self._text = text

    def members(self, task: Task) -> tuple[str, ...]:
        """Build on none."""
        return ()

    def absent(self, task: Task) -> str:
        """Ask for nothing: labels suffice."""
        return ""

    def settings(self, task: Task) -> GbdtSettings:
        """Give the settings; a linear model has no trees."""
        settings = msgspec.structs.replace(task.settings.gbdt, with_trees=self._with_trees)
        if self._text is None:
            return settings
        text = msgspec.structs.replace(
            self._text, folds=settings.text.folds, seed=settings.text.seed
        )
        return msgspec.structs.replace(settings, text=text, choose_text=False)

    def held_out(self, task: Task, before: Margins, progress: Progress) -> NDArray[np.float64]:
        """Train a model a fold."""
        # A training part holds fewer positives than the whole: it need only be trainable.
        settings = msgspec.structs.replace(self.settings(task), least_positives=1)
        folds = task.settings.folds
        made = task.trained.folds[self._name] = []
        margins = held_out_scores(
            task.rows,
            task.topic,
            folds,
            settings,
            lambda done: progress("folds", done, folds),
            task.settings.seed,
            made.append,
        )
        return comparable(margins, task.folds, [model.background for model in made])

    def save(
        self, task: Task, before: Margins, lineage: Lineage, folder: Path, progress: Progress
    ) -> str:
        """Train on all rows."""
        made = train_trees(task.rows, task.topic, self.settings(task), lineage=lineage)
        task.trained.whole[self._name] = made.lineage
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
        # A network a fold is dear; all have the same settings, so the other folds' will do.
        column, rows = margins[:, 0], task.rows
        backgrounds = [
            fit_background(column[fit], rows.y[fit], rows.weight[fit]) for fit, _ in task.folds
        ]
        return comparable(column, task.folds, backgrounds)

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
        x, rows = task.embedded(progress), task.rows
        backgrounds = [background_of(x[fit], rows.take(fit)) for fit, _ in task.folds]
        return comparable(held_out_sentences(x, rows, task.folds), task.folds, backgrounds)

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


TEXT_KINDS: dict[str, Trees] = {
    "linear": Trees(
        "linear",
        "text score alone: logistic regression on n-grams, its settings chosen; seconds to train",
    ),
    "tfidf": Trees(
        "tfidf",
        "text score by TF-IDF and balanced logistic regression, settings fixed; seconds to train",
        text=TFIDF,
    ),
    "gbdt": Trees(
        "gbdt",
        "text score corrected by boosted trees: price, seller, rules; a minute to train",
        with_trees=True,
    ),
}
"""Kinds that read n-grams, stored and scored alike."""
PLAIN: dict[str, Algorithm] = {
    "rules": Rules(),
    **TEXT_KINDS,
    "gmu": Gated(),
    "sentences": Sentences(),
}
ALGORITHMS: dict[str, Algorithm] = {**PLAIN, "ensemble": Ensemble(PLAIN)}
"""Every kind by its name, the simplest first."""
