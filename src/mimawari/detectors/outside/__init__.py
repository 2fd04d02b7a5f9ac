"""Kinds of detectors that other packages bring, each model in a process of its own.

A package names its kind by an entry point of the group ``mimawari.detectors``. Being installed
is not enough: the operator allows a kind by the names of package and kind.
"""

from __future__ import annotations

from mimawari.detectors.outside.detector import OutsideDetector
from mimawari.detectors.outside.installed import (
    GROUP,
    allow_kinds,
    allowed_kinds,
    for_child_process,
    installed,
)
from mimawari.detectors.outside.kind import DetectorKind
from mimawari.detectors.outside.limits import Limits

__all__ = [
    "GROUP",
    "DetectorKind",
    "Limits",
    "OutsideDetector",
    "allow_kinds",
    "allowed_kinds",
    "for_child_process",
    "installed",
]
