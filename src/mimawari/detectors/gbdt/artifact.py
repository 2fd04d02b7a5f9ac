"""A trained model as a folder of data files, each sealed by its hash: never code.

``model.txt`` (LightGBM), ``weights.npz``, ``calibration.json``, ``features.json``,
``prices.json``, and ``manifest.json`` with the hashes, the fingerprint and the lineage.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from mimawari.detectors import sealed
from mimawari.detectors.curves import Calibration
from mimawari.detectors.gbdt import features
from mimawari.detectors.gbdt.linear import TextModel
from mimawari.detectors.ngrams import NgramSpec
from mimawari.listings.prices import PriceReference

if TYPE_CHECKING:
    from pathlib import Path

    from mimawari.records.lineage import Lineage

KIND = "gbdt"
FILES = ("calibration.json", "features.json", "model.txt", "prices.json", "weights.npz")


class FeatureList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Names of the trees' features, in order, and the values that stand in for missing ones."""

    names: tuple[str, ...]
    neutral: features.Neutral


class Parameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands in the manifest beside the files."""

    spec: NgramSpec
    intercept: float


@dataclass(frozen=True, slots=True)
class Artifact:
    """Everything a detector needs. ``trees`` is LightGBM's text, empty for no trees."""

    topic: str
    spec: NgramSpec
    text: TextModel
    trees: str
    calibration: Calibration
    neutral: features.Neutral
    prices: PriceReference
    lineage: Lineage
    version: str = ""


def fingerprint(spec: NgramSpec) -> str:
    """Identify the feature space: n-grams, normaliser's tables, list of features."""
    whole = "\n".join((spec.fingerprint(), *features.NAMES))
    return hashlib.sha256(whole.encode()).hexdigest()[:16]


def _weights(text: TextModel) -> bytes:
    """Keep the buckets that have a weight; most have none."""
    rows = np.flatnonzero(text.weights.any(axis=1)).astype(np.int32)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, rows=rows, values=text.weights[rows])
    return buffer.getvalue()


def save(artifact: Artifact, folder: Path) -> str:
    """Write the folder, which must be new or empty; returns the model's version."""
    listed = FeatureList(features.NAMES, artifact.neutral)
    contents = {
        "calibration.json": msgspec.json.encode(artifact.calibration),
        "features.json": msgspec.json.encode(listed),
        "model.txt": artifact.trees.encode(),
        "prices.json": artifact.prices.to_json(),
        "weights.npz": _weights(artifact.text),
    }
    parameters = Parameters(artifact.spec, artifact.text.intercept)
    known_by = fingerprint(artifact.spec)
    return sealed.write(
        folder, KIND, artifact.topic, known_by, contents, parameters, artifact.lineage
    )


def load(folder: Path, version: str | None = None) -> Artifact:
    """Read and verify a folder.

    Parameters
    ----------
    version
        The version expected, as the store recorded it: it seals the manifest too.

    Raises
    ------
    InvalidInputError
        A file is missing, extra or changed, or was trained for other features.
    """
    model = sealed.read(folder, KIND, version, FILES)
    parameters = model.parameters(Parameters)
    model.require_fingerprint(fingerprint(parameters.spec))
    listed = msgspec.json.decode(model.contents["features.json"], type=FeatureList)
    with np.load(io.BytesIO(model.contents["weights.npz"]), allow_pickle=False) as stored:
        values = stored["values"]
        if values.shape[1] not in (2, 4):
            raise sealed.refuse(
                folder / "weights.npz", f"has {values.shape[1]} columns, not 2 or 4"
            )
        weights = np.zeros((parameters.spec.buckets, values.shape[1]), np.float32)
        weights[stored["rows"]] = values
    return Artifact(
        model.manifest.topic,
        parameters.spec,
        TextModel(weights, parameters.intercept),
        model.contents["model.txt"].decode(),
        msgspec.json.decode(model.contents["calibration.json"], type=Calibration),
        listed.neutral,
        PriceReference.from_json(model.contents["prices.json"]),
        model.lineage,
        model.version,
    )
