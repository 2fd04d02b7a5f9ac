"""What mimawari needs to know of the kind: its name, options, and how a folder is loaded."""

from __future__ import annotations

from pathlib import Path

import msgspec

from mimawari.detectors import sealed
from mimawari.detectors.outside import DetectorKind
from mimawari.records.lineage import Lineage
from mimawari_word_weights.detector import WordWeights

NAME = "word-weights"
WEIGHTS = "weights.json"
# Changes whenever the code would score the same folder otherwise.
FINGERPRINT = "word-weights-1"


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the manifest holds beside the file of weights.

    Parameters
    ----------
    intercept
        Log-odds of a listing without a known word.
    """

    intercept: float


def load(folder: sealed.Sealed, options: Options) -> WordWeights:
    """Make the detector of a verified folder."""
    weights = msgspec.json.decode(folder.contents[WEIGHTS], type=dict[str, float])
    return WordWeights(folder.manifest.topic, folder.version, weights, options.intercept)


def save(
    folder: Path, topic: str, weights: dict[str, float], intercept: float, lineage: Lineage
) -> str:
    """Write a folder; gives the model's version."""
    files = {WEIGHTS: msgspec.json.encode(weights, order="sorted")}
    return sealed.write(folder, NAME, topic, FINGERPRINT, files, Options(intercept), lineage)


def write_sample(folder: Path) -> None:
    """Write a small model, for the conformance suite."""
    save(folder, "weapons", {"gun": 4.0, "pistol": 3.0, "toy": -3.0}, -3.0, Lineage(by="sample"))


KIND = DetectorKind(NAME, FINGERPRINT, Options, load, write_sample)
