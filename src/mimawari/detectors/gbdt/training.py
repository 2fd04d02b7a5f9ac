"""Train one topic's model from labelled listings."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from mimawari.detectors.background import fit_background
from mimawari.detectors.calibration import fit_calibration
from mimawari.detectors.gbdt import features
from mimawari.detectors.gbdt.artifact import Artifact
from mimawari.detectors.gbdt.augment import Augmentation, augment
from mimawari.detectors.gbdt.choice import CHOSEN, choose
from mimawari.detectors.gbdt.copies import HIDDEN, CopiesWorth, worth_of_copies
from mimawari.detectors.gbdt.growth import Grown, grow
from mimawari.detectors.gbdt.linear import (
    TextModel,
    TextSettings,
    fit_out_of_fold,
    length_scale,
    matrix,
)
from mimawari.detectors.gbdt.memo import Memo, digest
from mimawari.detectors.gbdt.rows import check_enough
from mimawari.detectors.gbdt.trees import TreeSettings
from mimawari.detectors.ngrams import NgramSpec
from mimawari.listings.batch import ListingBatch
from mimawari.listings.prices import PriceReference
from mimawari.records.lineage import Lineage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mimawari.detectors.gbdt.rows import Rows

_DECIDED = Memo[CopiesWorth](64)
# A comparison in five folds asks for the text scores of two kinds, then for those of the first.
_FITTED = Memo["tuple[TextModel, NDArray[np.float64]]"](12)


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
    augmentation
        Disguised copies that the text score learns; None for none.
    choose_copies
        Whether these copies are learnt only where they pay (`worth_of_copies`).
    hidden
        Share of the violations that are taken to be disguised when that is decided.
    """

    spec: NgramSpec = NgramSpec()
    text: TextSettings = TextSettings()
    choose_text: bool = True
    public_without: tuple[str, ...] = ()
    trees: TreeSettings = TreeSettings()
    least_positives: int = 20
    with_trees: bool = True
    augmentation: Augmentation | None = None
    choose_copies: bool = False
    hidden: float = HIDDEN


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
    settings, worth = decided(rows, settings)
    key = digest(rows, settings.spec, settings.text, settings.augmentation)
    text, margins = _FITTED.get(key, lambda: _fit_text(rows, batch, settings))
    prices, neutral = PriceReference.fit(rows.listings), features.fit_neutral(rows.listings)
    x = features.compute(batch, margins, rules, prices, neutral)
    grown = (
        grow(rows, x, margins[:, 2], settings.trees, settings.text)
        if settings.with_trees
        else Grown()
    )
    total = margins[:, 2] + grown.added
    facts = msgspec.structs.replace(
        _facts(rows, settings, grown.rounds),
        background=fit_background(total, y, weight),
        dropped=grown.dropped,
        copies=None if worth is None else worth.facts(),
    )
    return Artifact(
        topic,
        settings.spec,
        text,
        grown.trees,
        fit_calibration(total, y, weight),
        neutral,
        prices,
        facts.joined(lineage),
    )


def forget() -> None:
    """Forget what was chosen, decided and fitted for rows in this process."""
    for memo in (CHOSEN, _DECIDED, _FITTED):
        memo.clear()


def decided(rows: Rows, settings: Settings) -> tuple[Settings, CopiesWorth | None]:
    """Give the settings of the text score that these rows choose, copies among them.

    What was decided for rows is kept, so that kinds which share a text score decide once.
    """
    if settings.choose_text:
        text = choose(rows, settings.spec, settings.text, settings.public_without)
        settings = msgspec.structs.replace(settings, text=text)
    augmentation = settings.augmentation
    if augmentation is None or not settings.choose_copies:
        return settings, None
    text, share = settings.text, settings.hidden
    key = digest(rows, settings.spec, text, augmentation, share)
    worth = _DECIDED.get(
        key, lambda: worth_of_copies(rows, settings.spec, text, augmentation, share)
    )
    learnt = augmentation if worth.learnt else None
    return msgspec.structs.replace(settings, augmentation=learnt), worth


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
