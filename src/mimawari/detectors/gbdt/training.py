"""Train one topic's model from labelled listings."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from mimawari.detectors.calibration import fit_calibration
from mimawari.detectors.gbdt import features
from mimawari.detectors.gbdt.acceptance import ranks_better
from mimawari.detectors.gbdt.artifact import Artifact
from mimawari.detectors.gbdt.augment import Augmentation, augment
from mimawari.detectors.gbdt.choice import choose
from mimawari.detectors.gbdt.folds import grouped_folds, later_sellers
from mimawari.detectors.gbdt.linear import (
    TextModel,
    TextSettings,
    fit_out_of_fold,
    length_scale,
    matrix,
)
from mimawari.detectors.gbdt.rows import check_enough
from mimawari.detectors.gbdt.trees import TreeSettings, added_margin, best_rounds, fit_trees
from mimawari.detectors.ngrams import NgramSpec
from mimawari.listings.batch import ListingBatch
from mimawari.listings.prices import PriceReference
from mimawari.records.lineage import Lineage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mimawari.detectors.gbdt.rows import Rows


class Settings(msgspec.Struct, frozen=True):
    """Everything that decides the model but the data; the same for every topic.

    Parameters
    ----------
    text
        Folds and seed of the text score, and all of its settings where they are not chosen.
    choose_text
        Whether the text score chooses its own settings in nested folds of the rows.
    public_without
        Public sets that the choice must know nothing of, as it is judged by them.
    with_trees
        Off, it makes a linear model: the text score alone.
    """

    spec: NgramSpec = NgramSpec()
    text: TextSettings = TextSettings()
    choose_text: bool = True
    public_without: tuple[str, ...] = ()
    trees: TreeSettings = TreeSettings()
    least_positives: int = 20
    with_trees: bool = True
    augmentation: Augmentation | None = None


def train(
    rows: Rows,
    topic: str,
    settings: Settings | None = None,
    rules: NDArray[np.floating] | None = None,
    lineage: Lineage | None = None,
) -> Artifact:
    """Train the text score, the trees that correct it, and the calibration.

    Parameters
    ----------
    rules
        Hits and largest severity of the topic's rules, shape (n, 2), where at hand.
    lineage
        Facts to keep beside those recorded here: who, when, from where.

    Raises
    ------
    InvalidInputError
        Too few labels; the message says how many more.
    """
    settings = settings or Settings()
    y, weight, groups = rows.y, rows.weight, rows.groups
    check_enough(topic, y, list(groups), settings.least_positives)
    batch = ListingBatch.of(rows.listings)
    if settings.choose_text:
        text_settings = choose(rows, settings.spec, settings.text, settings.public_without)
        settings = msgspec.structs.replace(settings, text=text_settings)
    text, margins = _fit_text(rows, batch, settings)
    prices, neutral = PriceReference.fit(rows.listings), features.fit_neutral(rows.listings)
    x = features.compute(batch, margins, rules, prices, neutral)
    late = later_sellers(y, groups, rows.times)
    rounds = 0
    if settings.with_trees:
        rounds = best_rounds(x, y, weight, margins[:, 2], late, settings.trees)
    total = margins[:, 2].copy()
    trees = ""
    if rounds:
        for fit, held in grouped_folds(y, groups, settings.text.folds, settings.text.seed):
            part = fit_trees(x[fit], y[fit], weight[fit], margins[fit, 2], rounds, settings.trees)
            total[held] += added_margin(part, x[held])
        # Log loss also falls where trees only rescale; they must rank unseen sellers better.
        if ranks_better(y, total, margins[:, 2], weight, groups):
            whole = fit_trees(x, y, weight, margins[:, 2], rounds, settings.trees)
            trees = whole.model_to_string()
        else:
            rounds, total = 0, margins[:, 2]
    return Artifact(
        topic,
        settings.spec,
        text,
        trees,
        fit_calibration(total, y, weight),
        neutral,
        prices,
        _facts(rows, settings, rounds).joined(lineage),
    )


def _fit_text(
    rows: Rows, batch: ListingBatch, settings: Settings
) -> tuple[TextModel, NDArray[np.float64]]:
    """Fit the text score, on disguised copies too; margins are those of the originals alone."""
    originals, fitted = len(rows.y), settings.text
    if settings.augmentation:
        rows = augment(rows, settings.augmentation)
        batch = ListingBatch.of(rows.listings)
        fitted = msgspec.structs.replace(fitted, c=fitted.c * settings.augmentation.ease)
    text, margins = fit_out_of_fold(
        matrix(batch.texts, settings.spec),
        length_scale(batch.texts),
        rows.y,
        rows.groups,
        rows.weight,
        settings.spec,
        fitted,
    )
    return text, margins[:originals]


def _facts(rows: Rows, settings: Settings, rounds: int) -> Lineage:
    return Lineage(
        package=f"mimawari {version('mimawari')}",
        settings=msgspec.to_builtins(settings),
        data=snapshot(rows),
        rows=len(rows.y),
        positives=int(rows.y.sum()),
        sellers=len(np.unique(rows.groups)),
        prevalence=float(rows.weight[rows.y].sum() / rows.weight.sum()),
        rounds=rounds,
    )


def snapshot(rows: Rows) -> str:
    """Give the hash of the listings and labels that a model was trained on."""
    digest = hashlib.sha256()
    for listing, label in zip(rows.listings, rows.y, strict=True):
        digest.update(msgspec.json.encode((listing, bool(label))))
    return digest.hexdigest()
