"""A trained model's folder: data files and a manifest that seals each by its hash, never code.

Every kind of model is stored so; what its files are is the kind's own matter.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import msgspec

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.records.json import JsonObject
from mimawari.records.lineage import Lineage

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from mimawari.records.json import JsonValue

T = TypeVar("T")
MANIFEST = "manifest.json"
GOLDEN = "golden.json"
"""What the model said of fixed listings; beside the files of its kind."""
LINK = "is a symbolic link"
OWN_FILES = "name a folder with files of its own: cp -rL copies what links point to"
REMEDY = "copy the folder again from where it was trained, or train again"


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the folder holds, what it was made from, and how to know it is unchanged.

    Parameters
    ----------
    kind
        Which detector reads it.
    topic
        The one topic it scores.
    fingerprint
        Of the feature space; a program that computes another refuses the model.
    files
        sha256 of each file, by its path within the folder.
    parameters
        What the kind needs beside its files.
    lineage
        Code, data, settings, who and when: a `Lineage` as plain data.
    """

    kind: str
    topic: str
    fingerprint: str
    files: dict[str, str]
    parameters: JsonObject
    lineage: JsonObject


@dataclass(frozen=True, slots=True)
class Sealed:
    """A verified folder; ``version`` is the topic and 12 digits of the manifest's hash."""

    folder: Path
    manifest: Manifest
    version: str
    contents: dict[str, bytes]

    @property
    def lineage(self) -> Lineage:
        """What it was made from."""
        return Lineage.of(self.manifest.lineage)

    def parameters(self, kind: type[T]) -> T:
        """Give the manifest's parameters as a struct."""
        try:
            return msgspec.convert(self.manifest.parameters, kind)
        except msgspec.ValidationError as error:
            raise refuse(self.folder / MANIFEST, f"cannot be read (parameters: {error})") from error

    def require_fingerprint(self, expected: str) -> None:
        """Refuse a model that was trained for other features."""
        fingerprint = self.manifest.fingerprint
        if fingerprint != expected:
            problem = f"has fingerprint {fingerprint}; this program computes {expected}"
            remedy = "train again with this version of mimawari"
            raise refuse(self.folder / MANIFEST, problem, remedy)


def refuse(path: Path, problem: str, remedy: str = REMEDY) -> InvalidInputError:
    """Make the error of a file."""
    return InvalidInputError(FieldProblem(str(path), problem, remedy))


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _version(topic: str, sealed: bytes) -> str:
    return f"{topic}-{_sha256(sealed)[:12]}"


def write(
    folder: Path,
    kind: str,
    topic: str,
    fingerprint: str,
    contents: Mapping[str, bytes],
    parameters: msgspec.Struct | Mapping[str, JsonValue],
    lineage: Lineage,
) -> str:
    """Write the folder, which must be new or empty; returns the model's version."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise refuse(folder, "is not empty", "name a new folder")
    hashes = {name: _sha256(data) for name, data in contents.items()}
    plain = msgspec.to_builtins(parameters)
    manifest = Manifest(kind, topic, fingerprint, hashes, plain, lineage.plain())
    sealed = _encoded(manifest)
    for name, data in {**contents, MANIFEST: sealed}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return _version(topic, sealed)


def add(folder: Path, name: str, data: bytes) -> str:
    """Put one more file into a folder that `write` wrote; gives the version that it has then."""
    manifest, _ = read_manifest(folder)
    files = {**manifest.files, name: _sha256(data)}
    sealed = _encoded(msgspec.structs.replace(manifest, files=files))
    (folder / name).write_bytes(data)
    (folder / MANIFEST).write_bytes(sealed)
    return _version(manifest.topic, sealed)


def _encoded(manifest: Manifest) -> bytes:
    return msgspec.json.format(msgspec.json.encode(manifest, order="sorted"))


def read_manifest(folder: Path) -> tuple[Manifest, str]:
    """Read the manifest alone: gives it and the version that it makes.

    Raises
    ------
    InvalidInputError
        It is missing, or is no manifest.
    """
    path = folder / MANIFEST
    for place in (folder, path):
        if place.is_symlink():
            raise refuse(place, LINK, OWN_FILES)
    if not path.is_file():
        raise refuse(path, "is missing", "name the folder that 'mimawari train' wrote")
    sealed = path.read_bytes()
    try:
        manifest = msgspec.json.decode(sealed, type=Manifest)
    except msgspec.MsgspecError as error:
        raise refuse(path, f"cannot be read ({error})") from error
    return manifest, _version(manifest.topic, sealed)


def read(
    folder: Path, kind: str, version: str | None = None, files: Collection[str] | None = None
) -> Sealed:
    """Read and verify a folder: every file once.

    Parameters
    ----------
    kind
        The kind expected.
    version
        The version expected, as the store recorded it: it seals the manifest too.
    files
        Paths that the kind has, where it has the same always; else those of the manifest.

    Raises
    ------
    InvalidInputError
        A file is missing, extra or changed, or the model is of another kind or version.
    """
    manifest, actual = read_manifest(folder)
    if manifest.kind != kind:
        raise refuse(folder / MANIFEST, f"is of a {manifest.kind!r} model, not {kind!r}")
    listed = set(manifest.files if files is None else files) | ({GOLDEN} & set(manifest.files))
    inside = list(folder.rglob("*"))
    for path in inside:
        if path.is_symlink():
            raise refuse(path, LINK, OWN_FILES)
    files_inside = (path for path in inside if not path.is_dir())
    present = {path.relative_to(folder).as_posix() for path in files_inside} - {MANIFEST}
    for name in sorted(present - listed):
        raise refuse(folder / name, "is not part of the model", "take it out of the folder")
    contents = {}
    for name in sorted(listed):
        if name not in present:
            raise refuse(folder / name, "is missing")
        contents[name] = (folder / name).read_bytes()
        if _sha256(contents[name]) != manifest.files.get(name):
            raise refuse(folder / name, "has changed since it was trained (sha256 differs)")
    if version is not None and version != actual:
        raise refuse(folder / MANIFEST, f"is of model {actual}, not {version}")
    return Sealed(folder, manifest, actual, contents)
