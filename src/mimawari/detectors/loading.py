"""Any trained model from its folder, whatever its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from mimawari.detectors.base import Detector
from mimawari.detectors.ensemble.detector import EnsembleDetector
from mimawari.detectors.gbdt.detector import GbdtDetector
from mimawari.detectors.gmu.detector import GmuDetector
from mimawari.detectors.outside import OutsideDetector, installed
from mimawari.detectors.sealed import MANIFEST, read_manifest, refuse
from mimawari.detectors.sentences.detector import SentenceDetector

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from mimawari.listings.batch import ListingBatch
    from mimawari.records.lineage import Lineage


@runtime_checkable
class Model(Detector, Protocol):
    """A detector of one topic that was trained, and can say from what."""

    topic: str
    lineage: Lineage

    @property
    def fingerprint(self) -> str:
        """Identifier of the feature space."""
        ...

    def margin(self, batch: ListingBatch) -> NDArray[np.float64]:
        """Give the margin of each listing before calibration, shape (n,)."""
        ...


def _ensemble(folder: Path, version: str | None = None) -> Model:
    return EnsembleDetector.load(folder, load_model, version)


NOT_HERE = "load it with the version that trained it, or install the package that brings the kind"
KINDS: dict[str, Callable[[Path, str | None], Model]] = {
    "gbdt": GbdtDetector.load,
    "gmu": GmuDetector.load,
    "sentences": SentenceDetector.load,
    "ensemble": _ensemble,
}


def load_model(folder: Path, version: str | None = None) -> Model:
    """Load a folder that 'mimawari train' wrote, verifying all of it.

    A kind that is none of ours is loaded in a process of its own, where the operator allows it.

    Parameters
    ----------
    version
        The version expected, where one is.

    Raises
    ------
    InvalidInputError
        A file is missing, extra or changed, the model was trained for other features, or its
        kind is not allowed.
    """
    manifest, _ = read_manifest(folder)
    if manifest.kind in KINDS:
        return KINDS[manifest.kind](folder, version)
    if manifest.kind not in {kind.name for kind in installed()}:
        known = ", ".join(sorted(KINDS))
        problem = f"names the kind {manifest.kind!r}; this program knows {known}"
        raise refuse(folder / MANIFEST, problem, NOT_HERE)
    return OutsideDetector.load(folder, version)
