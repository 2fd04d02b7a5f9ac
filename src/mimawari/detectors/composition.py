"""What a model's folder says of its parts, without loading any."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mimawari.detectors.ensemble.artifact import KIND, MEMBERS, Parameters
from mimawari.detectors.sealed import MANIFEST, read_manifest, refuse
from mimawari.records.composition import Composition, Member

if TYPE_CHECKING:
    from pathlib import Path


def composition_of(folder: Path) -> Composition:
    """Read the kind of a model, and of an ensemble what each member was made from.

    Whoever needs to know that the folder is unchanged loads it.

    Raises
    ------
    InvalidInputError
        A manifest is missing or damaged.
    """
    manifest, _ = read_manifest(folder)
    if manifest.kind != KIND:
        return Composition(kind=manifest.kind)
    try:
        names = msgspec.convert(manifest.parameters, Parameters).members
    except msgspec.ValidationError as error:
        raise refuse(folder / MANIFEST, f"cannot be read (parameters: {error})") from error
    members = {name: _member(folder / MEMBERS / name) for name in names}
    return Composition(kind=manifest.kind, members=members)


def _member(folder: Path) -> Member:
    manifest, version = read_manifest(folder)
    return Member(
        version=version,
        kind=manifest.kind,
        fingerprint=manifest.fingerprint,
        lineage=manifest.lineage,
    )
