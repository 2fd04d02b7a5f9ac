"""Train a linear head over sentence embeddings; the encoder stays as it is."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from sklearn.linear_model import LogisticRegression

from mimawari.detectors.background import fit_background
from mimawari.detectors.calibration import fit_calibration
from mimawari.detectors.gbdt.folds import grouped_folds
from mimawari.detectors.gbdt.rows import check_enough
from mimawari.detectors.gmu.artifact import Head
from mimawari.detectors.sentences.artifact import Artifact, EncoderFiles
from mimawari.listings.batch import ListingBatch
from mimawari.records.lineage import Lineage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from mimawari.detectors.gbdt.rows import Rows
    from mimawari.records.background import Background

AT_ONCE = 256


class Settings(msgspec.Struct, frozen=True):
    """Inverse penalty, folds that calibrate; the same for every topic."""

    c: float = 10.0
    folds: int = 5
    seed: int = 0
    least_positives: int = 20


def embed(
    rows: Rows, files: EncoderFiles, progress: Callable[[int, int], None] = lambda done, of: None
) -> NDArray[np.float32]:
    """Embed every listing's text once, shape (n, width)."""
    encoder, n = files.encoder(), len(rows.y)
    vectors = np.zeros((n, encoder.width), np.float32)
    for start in range(0, n, AT_ONCE):
        batch = ListingBatch.of(rows.listings[start : start + AT_ONCE])
        vectors[start : start + AT_ONCE] = encoder.of(batch)
        progress(min(start + AT_ONCE, n), n)
    return vectors


def held_out_scores(
    x: NDArray[np.float32],
    rows: Rows,
    cut: Iterable[tuple[NDArray[np.int64], NDArray[np.int64]]],
    settings: Settings | None = None,
) -> NDArray[np.float64]:
    """Score every row by a head trained without its fold; margins, shape (n,)."""
    margins = np.full(len(rows.y), np.nan)
    for fit, held in cut:
        weights, intercept = _fit(x[fit], rows.take(fit), settings or Settings())
        margins[held] = x[held] @ weights + intercept
    return margins


def train(
    rows: Rows,
    topic: str,
    files: EncoderFiles,
    settings: Settings | None = None,
    lineage: Lineage | None = None,
    x: NDArray[np.float32] | None = None,
) -> Artifact:
    """Train a topic's head; seller-grouped folds give the margins that calibrate.

    Parameters
    ----------
    x
        What `embed` gave for these rows, where it is known.

    Raises
    ------
    InvalidInputError
        Too few labels, or files that are no encoder.
    """
    settings = settings or Settings()
    check_enough(topic, rows.y, list(rows.groups), settings.least_positives)
    x = embed(rows, files) if x is None else x
    margins = _held_out(x, rows, settings)
    known = ~np.isnan(margins)
    weights, intercept = _fit(x, rows, settings)
    return Artifact(
        topic,
        files,
        Head(tuple(weights.tolist()), intercept),
        fit_calibration(margins[known], rows.y[known], rows.weight[known]),
        _facts(rows, margins, settings, files).joined(lineage),
    )


def _fit(
    x: NDArray[np.float32], rows: Rows, settings: Settings
) -> tuple[NDArray[np.float64], float]:
    model = LogisticRegression(C=settings.c, max_iter=3000)
    model.fit(x, rows.y, sample_weight=rows.weight)
    return np.asarray(model.coef_[0], np.float64), float(model.intercept_[0])


def _held_out(x: NDArray[np.float32], rows: Rows, settings: Settings) -> NDArray[np.float64]:
    cut = grouped_folds(rows.y, rows.groups, settings.folds, settings.seed)
    return held_out_scores(x, rows, cut, settings)


def background_of(
    x: NDArray[np.float32], rows: Rows, settings: Settings | None = None
) -> Background:
    """Give the background of the head that these rows train."""
    margins = _held_out(x, rows, settings or Settings())
    return fit_background(margins, rows.y, rows.weight)


def _facts(
    rows: Rows, margins: NDArray[np.float64], settings: Settings, files: EncoderFiles
) -> Lineage:
    digest = hashlib.sha256(rows.y.tobytes() + rows.weight.tobytes())
    for listing in rows.listings:
        digest.update(msgspec.json.encode(listing))
    return Lineage(
        package=f"mimawari {version('mimawari')}",
        settings=msgspec.to_builtins(settings),
        encoder=files.sha256,
        data=digest.hexdigest(),
        rows=len(rows.y),
        positives=int(rows.y.sum()),
        sellers=len(np.unique(rows.groups)),
        prevalence=float(rows.weight[rows.y].sum() / rows.weight.sum()),
        background=fit_background(margins, rows.y, rows.weight),
    )
