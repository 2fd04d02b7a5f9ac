"""A model over sentence embeddings as a sealed folder.

``encoder.onnx``, ``tokenizer.json``, ``head.json`` and ``calibration.json``. Models with the same
encoder share it in memory.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

import msgspec

from mimawari.detectors import sealed
from mimawari.detectors.curves import Calibration
from mimawari.detectors.gmu.artifact import Head
from mimawari.detectors.sentences.encoder import SentenceEncoder
from mimawari.detectors.sentences.fit import NETWORK, TOKENIZER
from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.listings.normalise import default_readings

if TYPE_CHECKING:
    from pathlib import Path

    from mimawari.records.lineage import Lineage

KIND = "sentences"
FILES = ("calibration.json", NETWORK, "head.json", TOKENIZER)
_encoders: WeakValueDictionary[str, SentenceEncoder] = WeakValueDictionary()


@dataclass(frozen=True)
class EncoderFiles:
    """A sentence encoder's two files."""

    network: bytes
    tokenizer: bytes

    @classmethod
    def read(cls, folder: Path) -> EncoderFiles:
        """Read them from a folder.

        Raises
        ------
        InvalidInputError
            One is missing.
        """
        for name in (NETWORK, TOKENIZER):
            if not (folder / name).is_file():
                remedy = "name a folder that 'mimawari encoder' wrote"
                raise InvalidInputError(FieldProblem(str(folder / name), "is missing", remedy))
        return cls((folder / NETWORK).read_bytes(), (folder / TOKENIZER).read_bytes())

    @cached_property
    def sha256(self) -> str:
        """Identify both."""
        return hashlib.sha256(self.network + self.tokenizer).hexdigest()

    @property
    def fingerprint(self) -> str:
        """Identify the feature space: encoder, and the normaliser's tables."""
        whole = f"{self.sha256} {default_readings().fingerprint}"
        return hashlib.sha256(whole.encode()).hexdigest()[:16]

    def encoder(self) -> SentenceEncoder:
        """Give the encoder; the same one for the same files."""
        key = self.sha256
        encoder = _encoders.get(key)
        if encoder is None:
            encoder = _encoders[key] = SentenceEncoder(self.network, self.tokenizer)
        return encoder


@dataclass(frozen=True, slots=True)
class Artifact:
    """Everything a detector needs."""

    topic: str
    files: EncoderFiles
    head: Head
    calibration: Calibration
    lineage: Lineage
    version: str = "new"


def save(artifact: Artifact, folder: Path) -> str:
    """Write the folder, which must be new or empty; returns the model's version."""
    contents = {
        "calibration.json": msgspec.json.encode(artifact.calibration),
        NETWORK: artifact.files.network,
        "head.json": msgspec.json.encode(artifact.head),
        TOKENIZER: artifact.files.tokenizer,
    }
    known_by = artifact.files.fingerprint
    return sealed.write(folder, KIND, artifact.topic, known_by, contents, {}, artifact.lineage)


def load(folder: Path, version: str | None = None) -> Artifact:
    """Read and verify a folder.

    Raises
    ------
    InvalidInputError
        A file is missing, extra or changed, or was trained for other features.
    """
    model = sealed.read(folder, KIND, version, FILES)
    files = EncoderFiles(model.contents[NETWORK], model.contents[TOKENIZER])
    model.require_fingerprint(files.fingerprint)
    head = msgspec.json.decode(model.contents["head.json"], type=Head)
    if len(head.weights) != files.encoder().width:
        problem = f"has {len(head.weights)} weights for {files.encoder().width} features"
        raise sealed.refuse(folder / "head.json", problem)
    return Artifact(
        model.manifest.topic,
        files,
        head,
        msgspec.json.decode(model.contents["calibration.json"], type=Calibration),
        model.lineage,
        model.version,
    )
