"""What a package says of the kind of detector that it brings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from mimawari.detectors.base import Detector
from mimawari.detectors.sealed import Sealed


@dataclass(frozen=True, slots=True)
class DetectorKind:
    """One kind of detector; an entry point names an object of this class.

    Parameters
    ----------
    name
        As the manifests of its folders and the entry point call it.
    fingerprint
        Of what the code computes: change it whenever the same folder would score otherwise. A
        folder whose manifest names another one is refused.
    options
        Struct of what a manifest's parameters hold; its JSON schema is the options' schema.
    load
        Makes the detector of one topic from a verified folder, whose files are in memory, and
        its options. It has no need to read any file.
    write_sample
        Writes a small model into an empty folder: what the conformance suite is run with.
    abstains
        Whether its detectors may say NaN, "no opinion". Of others a NaN is a fault.
    """

    name: str
    fingerprint: str
    options: type[msgspec.Struct]
    load: Callable[[Sealed, Any], Detector]
    write_sample: Callable[[Path], object]
    abstains: bool = False
