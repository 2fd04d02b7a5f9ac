"""A gated multimodal unit as a sealed folder.

``vectors.npz`` (embeddings), ``trunk.onnx``, ``encoder.onnx`` where pictures are looked at,
``table.json``, ``prices.json``, ``head.json`` and ``calibration.json``. Models that were trained
together have the same files but the last two.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

import msgspec
import numpy as np

from mimawari.detectors import sealed
from mimawari.detectors.curves import Calibration
from mimawari.detectors.gmu.spec import GmuSpec
from mimawari.detectors.gmu.table import Scaling
from mimawari.detectors.gmu.trunk import Parts, Trunk
from mimawari.listings.prices import PriceReference

if TYPE_CHECKING:
    from pathlib import Path

    from mimawari.records.lineage import Lineage

KIND = "gmu"
OF_TRUNK = ("prices.json", "table.json", "trunk.onnx", "vectors.npz")
OF_TOPIC = ("calibration.json", "head.json")
ENCODER = "encoder.onnx"
_trunks: WeakValueDictionary[tuple[str, ...], Trunk] = WeakValueDictionary()


class Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A topic's weights of the fused vector, and the constant."""

    weights: tuple[float, ...]
    intercept: float


class Parameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands in the manifest beside the files."""

    spec: GmuSpec


@dataclass(frozen=True, slots=True)
class Artifact:
    """Everything a detector needs."""

    topic: str
    parts: Parts
    head: Head
    calibration: Calibration
    lineage: Lineage


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a folder held; the trunk is that of other models where they have the same."""

    topic: str
    trunk: Trunk
    head: Head
    calibration: Calibration
    lineage: Lineage
    version: str


def files(spec: GmuSpec) -> tuple[str, ...]:
    """Give the names of the files of a model."""
    return (*OF_TOPIC, *OF_TRUNK, *((ENCODER,) if spec.picture else ()))


def _vectors(parts: Parts) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, text=parts.text_vectors, shelf=parts.shelf_vectors)
    return buffer.getvalue()


def save(artifact: Artifact, folder: Path) -> str:
    """Write the folder, which must be new or empty; returns the model's version."""
    parts = artifact.parts
    contents = {
        "calibration.json": msgspec.json.encode(artifact.calibration),
        "head.json": msgspec.json.encode(artifact.head),
        "prices.json": parts.prices.to_json(),
        "table.json": msgspec.json.encode(parts.scaling),
        "trunk.onnx": parts.dense,
        "vectors.npz": _vectors(parts),
    }
    if parts.spec.picture is not None and parts.encoder is not None:
        contents[ENCODER] = parts.encoder
    parameters = Parameters(parts.spec)
    known_by = parts.spec.fingerprint()
    return sealed.write(
        folder, KIND, artifact.topic, known_by, contents, parameters, artifact.lineage
    )


def load(folder: Path, version: str | None = None) -> Loaded:
    """Read and verify a folder.

    Raises
    ------
    InvalidInputError
        A file is missing, extra or changed, was trained for other features, or is no network
        that can be run.
    """
    spec = _spec(folder)
    model = sealed.read(folder, KIND, version, files(spec))
    model.require_fingerprint(spec.fingerprint())
    names = [name for name in files(spec) if name not in OF_TOPIC]
    key = tuple(model.manifest.files[name] for name in names)
    trunk = _trunks.get(key)
    if trunk is None:
        trunk = Trunk(_parts(spec, model.contents))
        _trunks[key] = trunk
    return Loaded(
        model.manifest.topic,
        trunk,
        msgspec.json.decode(model.contents["head.json"], type=Head),
        msgspec.json.decode(model.contents["calibration.json"], type=Calibration),
        model.lineage,
        model.version,
    )


def _spec(folder: Path) -> GmuSpec:
    manifest, version = sealed.read_manifest(folder)
    return sealed.Sealed(folder, manifest, version, {}).parameters(Parameters).spec


def _parts(spec: GmuSpec, contents: dict[str, bytes]) -> Parts:
    with np.load(io.BytesIO(contents["vectors.npz"]), allow_pickle=False) as stored:
        text, shelf = stored["text"], stored["shelf"]
    return Parts(
        spec,
        PriceReference.from_json(contents["prices.json"]),
        msgspec.json.decode(contents["table.json"], type=Scaling),
        text,
        shelf,
        contents["trunk.onnx"],
        contents.get(ENCODER),
    )
