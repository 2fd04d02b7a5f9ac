"""A trained model as a folder of data files, each sealed by its hash: never code.

``model.txt`` (LightGBM), ``weights.npz``, ``calibration.json``, ``features.json``,
``prices.json``, and ``manifest.json`` with the hashes, the fingerprint and the lineage.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from mimawari.detectors.calibration import Calibration
from mimawari.detectors.gbdt import features
from mimawari.detectors.gbdt.linear import TextModel
from mimawari.detectors.ngrams import NgramSpec
from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.listings.prices import PriceReference

MANIFEST = "manifest.json"
FILES = ("calibration.json", "features.json", "model.txt", "prices.json", "weights.npz")
REMEDY = "copy the folder again from where it was trained, or train again"


class FeatureList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Names of the trees' features, in order, and the values that stand in for missing ones."""

    names: tuple[str, ...]
    neutral: features.Neutral


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the folder holds, what it was made from, and how to know it is unchanged."""

    topic: str
    spec: NgramSpec
    intercept: float
    fingerprint: str
    files: dict[str, str]
    lineage: dict[str, Any]


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
    lineage: dict[str, Any]
    version: str = ""


def fingerprint(spec: NgramSpec) -> str:
    """Identify the feature space: n-grams, normaliser's tables, list of features."""
    whole = "\n".join((spec.fingerprint(), *features.NAMES))
    return hashlib.sha256(whole.encode()).hexdigest()[:16]


def _refuse(path: Path, problem: str, remedy: str = REMEDY) -> InvalidInputError:
    return InvalidInputError(FieldProblem(str(path), problem, remedy))


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _weights(text: TextModel) -> bytes:
    """Keep the buckets that have a weight; most have none."""
    rows = np.flatnonzero(text.weights.any(axis=1)).astype(np.int32)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, rows=rows, values=text.weights[rows])
    return buffer.getvalue()


def save(artifact: Artifact, folder: Path) -> str:
    """Write the folder, which must be new or empty; returns the model's version."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise _refuse(folder, "is not empty", "name a new folder")
    listed = FeatureList(features.NAMES, artifact.neutral)
    contents = {
        "calibration.json": msgspec.json.encode(artifact.calibration),
        "features.json": msgspec.json.encode(listed),
        "model.txt": artifact.trees.encode(),
        "prices.json": artifact.prices.to_json(),
        "weights.npz": _weights(artifact.text),
    }
    manifest = Manifest(
        artifact.topic,
        artifact.spec,
        artifact.text.intercept,
        fingerprint(artifact.spec),
        {name: _sha256(data) for name, data in contents.items()},
        artifact.lineage,
    )
    sealed = msgspec.json.format(msgspec.json.encode(manifest, order="sorted"))
    for name, data in {**contents, MANIFEST: sealed}.items():
        (folder / name).write_bytes(data)
    return _version(artifact.topic, sealed)


def _version(topic: str, sealed: bytes) -> str:
    return f"{topic}-{_sha256(sealed)[:12]}"


def _read_sealed(folder: Path) -> tuple[Manifest, bytes, dict[str, bytes]]:
    """Read every file once and check it against the manifest."""
    path = folder / MANIFEST
    if not path.is_file():
        raise _refuse(path, "is missing", "name the folder that 'mimawari train' wrote")
    sealed = path.read_bytes()
    try:
        manifest = msgspec.json.decode(sealed, type=Manifest)
    except msgspec.MsgspecError as error:
        raise _refuse(path, f"cannot be read ({error})") from error
    found = {one.name for one in folder.iterdir()} - {MANIFEST}
    for name in sorted(found - set(FILES)):
        raise _refuse(folder / name, "is not part of the model", "take it out of the folder")
    contents = {}
    for name in FILES:
        if name not in found:
            raise _refuse(folder / name, "is missing")
        contents[name] = (folder / name).read_bytes()
        if _sha256(contents[name]) != manifest.files.get(name):
            raise _refuse(folder / name, "has changed since it was trained (sha256 differs)")
    return manifest, sealed, contents


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
    manifest, sealed, contents = _read_sealed(folder)
    actual = _version(manifest.topic, sealed)
    if version is not None and version != actual:
        raise _refuse(folder / MANIFEST, f"is of model {actual}, not {version}")
    expected = fingerprint(manifest.spec)
    if manifest.fingerprint != expected:
        problem = f"has fingerprint {manifest.fingerprint}; this program computes {expected}"
        raise _refuse(folder / MANIFEST, problem, "train again with this version of mimawari")
    listed = msgspec.json.decode(contents["features.json"], type=FeatureList)
    with np.load(io.BytesIO(contents["weights.npz"]), allow_pickle=False) as stored:
        weights = np.zeros((manifest.spec.buckets, 2), np.float32)
        weights[stored["rows"]] = stored["values"]
    return Artifact(
        manifest.topic,
        manifest.spec,
        TextModel(weights, manifest.intercept),
        contents["model.txt"].decode(),
        msgspec.json.decode(contents["calibration.json"], type=Calibration),
        listed.neutral,
        PriceReference.from_json(contents["prices.json"]),
        manifest.lineage,
        actual,
    )
