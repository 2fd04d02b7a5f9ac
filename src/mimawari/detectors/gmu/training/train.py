"""Train models of one topic, or of many over one trunk."""

from __future__ import annotations

import hashlib
import warnings
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from mimawari.detectors.background import fit_background
from mimawari.detectors.calibration import fit_calibration
from mimawari.detectors.curves import Calibration
from mimawari.detectors.gbdt.folds import grouped_folds
from mimawari.detectors.gbdt.rows import check_enough
from mimawari.detectors.gmu.artifact import Artifact
from mimawari.detectors.gmu.runtime import require
from mimawari.detectors.gmu.training.rows import LabelledListings, prepare
from mimawari.detectors.gmu.training.settings import Settings
from mimawari.detectors.gmu.trunk import picture_network
from mimawari.records.lineage import Lineage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from mimawari.detectors.gbdt.rows import Rows
    from mimawari.detectors.gmu.spec import GmuSpec
    from mimawari.detectors.gmu.training.steps import Steps
    from mimawari.listings.media.pictures import Pictures

    Cut = tuple[NDArray[np.int64], NDArray[np.int64]]


def train(
    rows: Rows,
    topic: str,
    settings: Settings | None = None,
    pictures: Pictures | None = None,
    encoder: bytes | None = None,
    lineage: Lineage | None = None,
    checkpoints: Path | None = None,
) -> Artifact:
    """Train one topic's model; see `train_together`."""
    data = LabelledListings.of(rows, topic, *([pictures] if pictures else []))
    return train_together(data, settings, encoder, lineage, checkpoints)[0]


def train_together(
    data: LabelledListings,
    settings: Settings | None = None,
    encoder: bytes | None = None,
    lineage: Lineage | None = None,
    checkpoints: Path | None = None,
    progress: Callable[[str, int, int], None] = lambda what, done, of: None,
) -> list[Artifact]:
    """Train a model of each topic over one trunk.

    Seller-grouped folds give the margins that calibrate; the network that serves is then
    trained on all rows in the same way, so that its margins are on about the same scale.

    Parameters
    ----------
    encoder
        ONNX file of a picture encoder; where there is none and the specification has pictures,
        a small one is trained along.
    checkpoints
        Folder from which a training that was stopped goes on.

    Raises
    ------
    InvalidInputError
        Too few labels, PyTorch is not installed, or the encoder does not fit.
    TrainingStoppedError
        The loss became no number.
    """
    require("torch", "train")
    from mimawari.detectors.gmu.training.export import heads_of, parts_of
    from mimawari.detectors.gmu.training.loop import device_of, fit
    from mimawari.detectors.gmu.training.steps import Steps

    settings = _with_encoder(settings or Settings(), encoder)
    for column, topic in enumerate(data.topics):
        known = ~np.isnan(data.y[:, column])
        y = data.y[known, column] == 1
        check_enough(topic, y, list(data.groups[known]), settings.least_positives)
    prepared = prepare(data, settings.spec, encoder)
    steps = Steps(prepared, settings.spec, settings, device_of(settings))
    facts = _facts(data, settings, encoder)
    place = _Place(checkpoints, hashlib.sha256(msgspec.json.encode(facts.plain())).hexdigest())
    margins = held_out(data, steps, settings, _folds(data, settings), place, progress)
    network = fit(steps, data.y, data.weight, np.arange(prepared.rows), settings,
                  place.of("whole"), partial(progress, "whole"))  # fmt: skip
    parts = parts_of(network, prepared, encoder)
    return [
        Artifact(topic, parts, head, _calibrated(data, margins, column),
                 facts.joined(_counts(data, margins, column)).joined(lineage))
        for column, (topic, head) in enumerate(zip(data.topics, heads_of(network), strict=True))
    ]  # fmt: skip


class _Place:
    """Names the checkpoints of a training."""

    def __init__(self, folder: Path | None, key: str) -> None:
        self._folder, self._key = folder, key

    def of(self, name: str) -> tuple[Path, str] | None:
        return None if self._folder is None else (self._folder / f"{name}.npz", self._key)


def held_out(
    data: LabelledListings,
    steps: Steps,
    settings: Settings,
    cut: Iterable[Cut],
    place: _Place | None = None,
    progress: Callable[[str, int, int], None] = lambda what, done, of: None,
) -> NDArray[np.float64]:
    """Give the margins of every row by a network that did not see its seller; (n, topics)."""
    from mimawari.detectors.gmu.training.loop import fit, margins_of

    margins = np.full(data.y.shape, np.nan)
    for number, (inside, outside) in enumerate(cut, 1):
        network = fit(steps, data.y, data.weight, inside, settings,
                      place.of(f"fold-{number}") if place else None,
                      partial(progress, f"fold {number}"))  # fmt: skip
        margins[outside] = margins_of(network, steps, outside)
    return margins


def held_out_scores(
    data: LabelledListings,
    cut: Iterable[Cut],
    settings: Settings | None = None,
    encoder: bytes | None = None,
    progress: Callable[[str, int, int], None] = lambda what, done, of: None,
) -> NDArray[np.float64]:
    """Score every row by a network trained without its fold; margins, shape (n, topics).

    The scale of numbers and the prices of categories, which know no labels, are those of all
    rows.

    Parameters
    ----------
    cut
        Rows to fit on and rows held out, of each fold.
    """
    require("torch", "train")
    from mimawari.detectors.gmu.training.loop import device_of
    from mimawari.detectors.gmu.training.steps import Steps

    settings = _with_encoder(settings or Settings(), encoder)
    prepared = prepare(data, settings.spec, encoder)
    steps = Steps(prepared, settings.spec, settings, device_of(settings))
    return held_out(data, steps, settings, cut, progress=progress)


def _folds(data: LabelledListings, settings: Settings) -> Iterator[Cut]:
    """Part sellers; of many topics, so that each topic's first violations are spread evenly."""
    violates = np.nan_to_num(data.y) > 0
    if len(data.topics) == 1:
        yield from grouped_folds(violates[:, 0], data.groups, settings.folds, settings.seed)
        return
    kind = np.where(violates.any(axis=1), violates.argmax(axis=1) + 1, 0)
    cut = StratifiedGroupKFold(settings.folds, shuffle=True, random_state=settings.seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a topic may have fewer violations than there are folds
        yield from cut.split(kind, kind, data.groups)


def _calibrated(data: LabelledListings, margins: NDArray[np.float64], column: int) -> Calibration:
    y, margin = data.y[:, column], margins[:, column]
    known = ~np.isnan(y) & ~np.isnan(margin)
    return fit_calibration(margin[known], y[known] == 1, data.weight[known, column].astype(float))


def _with_encoder(settings: Settings, encoder: bytes | None) -> Settings:
    """Write an encoder from outside into the specification, once it is seen to fit."""
    picture = settings.spec.picture
    if encoder is None or picture is None:
        return settings
    network = picture_network(encoder, picture)
    probe = np.zeros((1, 3, picture.height, picture.width), np.float32)
    features = network.run([next(iter(network.outputs))], {"picture": probe})[0].size
    sha256 = hashlib.sha256(encoder).hexdigest()
    picture = msgspec.structs.replace(picture, features=features, sha256=sha256)
    spec: GmuSpec = msgspec.structs.replace(settings.spec, picture=picture)
    return msgspec.structs.replace(settings, spec=spec)


def _facts(data: LabelledListings, settings: Settings, encoder: bytes | None) -> Lineage:
    digest = hashlib.sha256(data.y.tobytes() + data.weight.tobytes() + (encoder or b""))
    for listing in data.listings:
        digest.update(msgspec.json.encode(listing))
    return Lineage(
        package=f"mimawari {version('mimawari')}",
        settings=msgspec.to_builtins(settings),
        topics=data.topics,
        data=digest.hexdigest(),
    )


def _counts(data: LabelledListings, margins: NDArray[np.float64], column: int) -> Lineage:
    known = ~np.isnan(data.y[:, column])
    y = data.y[known, column] == 1
    weight = data.weight[known, column].astype(np.float64)
    return Lineage(
        rows=int(known.sum()),
        positives=int(np.nansum(data.y[:, column])),
        sellers=len(np.unique(data.groups[known])),
        prevalence=float(weight @ data.y[known, column] / weight.sum()),
        background=fit_background(margins[known, column], y, weight),
    )
