"""What a model's folder was made from and scores with, by what the folder says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.detectors import sealed
from mimawari.detectors.golden import GOLDEN, read_golden
from mimawari.detectors.sealed import read_manifest
from mimawari.records.composition import Part, PartKind
from mimawari.records.lineage import Lineage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mimawari.detectors.sealed import Manifest

TREES, NETWORK, MEMBERS = "model.txt", ".onnx", "members"


def parts_of(folder: Path) -> tuple[Part, ...]:
    """Read the parts of a model and, of an ensemble, those of its members.

    Raises
    ------
    InvalidInputError
        A manifest, the trees or the golden scores are missing or damaged.
    """
    return tuple(sorted(set(_parts(folder))))


def _parts(folder: Path) -> Iterator[Part]:
    manifest, _ = read_manifest(folder)
    yield from _of_lineage(Lineage.of(manifest.lineage))
    yield from _of_files(folder, manifest)
    if GOLDEN in manifest.files and (golden := read_golden(folder)) is not None:
        yield Part(PartKind.READINGS, golden.made_on.readings)
    for member in sorted(path for path in (folder / MEMBERS).glob("*") if path.is_dir()):
        _, version = read_manifest(member)
        yield Part(PartKind.MEMBER, version)
        yield from _parts(member)


def _of_lineage(lineage: Lineage) -> Iterator[Part]:
    known = {
        PartKind.DATA_SET: lineage.data_set,
        PartKind.FLOW_RUN: lineage.flow_run,
        PartKind.PACKAGE: lineage.package,
    }
    for kind, name in known.items():
        if name:
            yield Part(kind, name)


def _of_files(folder: Path, manifest: Manifest) -> Iterator[Part]:
    own = {name: sha256 for name, sha256 in manifest.files.items() if "/" not in name}
    for name, sha256 in own.items():
        if name.endswith(NETWORK):
            yield Part(PartKind.ENCODER, sha256)
    if TREES in own:
        contents = sealed.read(folder, manifest.kind, files=manifest.files).contents[TREES]
        for feature in split_features(contents.decode("utf-8", "replace")):
            yield Part(PartKind.FEATURE, feature)


def split_features(trees: str) -> list[str]:
    r"""Name the features that trees split on, in LightGBM's text; none where there are no trees.

    Examples
    --------
    >>> split_features("feature_names=price age\n\nTree=0\nsplit_feature=1 1\n")
    ['age']
    """
    names: list[str] = []
    used: set[int] = set()
    for line in trees.splitlines():
        key, _, value = line.partition("=")
        if key == "feature_names":
            names = value.split()
        elif key == "split_feature":
            used |= {int(number) for number in value.split()}
    return [name for number, name in enumerate(names) if number in used]
