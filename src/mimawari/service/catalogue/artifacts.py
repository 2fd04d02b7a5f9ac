"""Artifacts by the hash of their content: models and banks, on a folder or an object store.

The database names an artifact by its version, never by a place on one machine: every role on
every host fetches it into a folder of its own, once.
"""

from __future__ import annotations

import io
import os
import secrets
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from django.conf import settings

from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    import fsspec

# Ends the name of the mark that an artifact is there as a whole.
WHOLE = ".whole"
# A day's file may be larger than memory.
CHUNK = 4 << 20


class ArtifactStore:
    """Folders of files under names that are never used for anything else.

    Whoever loads an artifact verifies it: its name holds the hash of its manifest, and that
    holds the hash of each file.

    Parameters
    ----------
    url
        Where artifacts are kept: a folder, or what `fsspec` reads, such as ``s3://bucket/place``.
    copies
        Folder of this host for copies of what an object store holds.
    """

    def __init__(self, url: str, copies: Path) -> None:
        import fsspec

        self._files: fsspec.AbstractFileSystem
        self._files, self._root = fsspec.core.url_to_fs(url)
        self._is_folder = isinstance(self._files, fsspec.implementations.local.LocalFileSystem)
        self._copies = copies
        self.url = url

    def put(self, folder: Path, name: str, again: bool = False) -> None:
        """Copy a folder into the store; does nothing where it is there.

        A mark beside it says that it is whole, so one that was broken off counts for nothing.

        Parameters
        ----------
        again
            Whether to write over one that is there, as it was damaged.

        Raises
        ------
        InvalidInputError
            The store does not take it.
        """
        try:
            if self.has(name) and not again:
                return
            for path in sorted(path for path in folder.rglob("*") if path.is_file()):
                at = f"{self._root}/{name}/{path.relative_to(folder).as_posix()}"
                with path.open("rb") as source:
                    self._write(at, source)
            self._write(f"{self._root}/{name}{WHOLE}", io.BytesIO())
        except Exception as error:  # each kind of store has errors of its own
            raise self._away(name, error) from error

    def _write(self, at: str, source: BinaryIO) -> None:
        self._files.makedirs(at.rpartition("/")[0], exist_ok=True)
        with self._files.open(at, "wb") as file:
            shutil.copyfileobj(source, file, CHUNK)
            if self._is_folder:  # what a generation names must be there after a power cut
                file.flush()
                os.fsync(file.fileno())

    def has(self, name: str) -> bool:
        """Whether an artifact is kept."""
        return bool(self._files.exists(f"{self._root}/{name}{WHOLE}"))

    def names(self, folder: str) -> list[str]:
        """Name what lies in a folder of the store, whole or broken off.

        Raises
        ------
        InvalidInputError
            The store does not answer.
        """
        at = f"{self._root}/{folder}"
        try:
            if not self._files.exists(at):
                return []
            paths = self._files.ls(at, detail=False)
        except Exception as error:
            raise self._away(folder, error) from error
        last = {path.rstrip("/").rpartition("/")[2].removesuffix(WHOLE) for path in paths}
        return [f"{folder}/{name}" for name in sorted(last)]

    def remove(self, name: str) -> None:
        """Remove an artifact, and this host's copy of it; does nothing where it is not there.

        Raises
        ------
        InvalidInputError
            The store does not take it.
        """
        try:
            for at in (f"{self._root}/{name}{WHOLE}", f"{self._root}/{name}"):
                if self._files.exists(at):
                    self._files.rm(at, recursive=True)
        except Exception as error:
            raise self._away(name, error) from error
        shutil.rmtree(self._copies / name, ignore_errors=True)

    def folder(self, name: str) -> Path:
        """Give an artifact as a folder of this host, fetched where it is not here yet.

        Raises
        ------
        InvalidInputError
            It is not kept, or the store does not answer.
        """
        if self._is_folder:
            return self._existing(Path(self._root) / name)
        copy = self._copies / name
        if not copy.is_dir():
            self._fetch(name, copy)
        return self._existing(copy)

    def _fetch(self, name: str, copy: Path) -> None:
        beside = copy.with_name(f".{copy.name}.{secrets.token_hex(4)}")
        beside.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._files.get(f"{self._root}/{name}/", f"{beside}/", recursive=True)
            beside.rename(copy)
        except Exception as error:
            shutil.rmtree(beside, ignore_errors=True)
            if not copy.is_dir():
                raise self._away(name, error) from error

    def _existing(self, folder: Path) -> Path:
        if not folder.is_dir():
            remedy = "restore the artifact store from a back-up, or register the model again"
            problem = f"is not in {self.url}"
            raise InvalidInputError(FieldProblem(folder.name, problem, remedy))
        return folder

    def _away(self, name: str, error: Exception) -> InvalidInputError:
        problem = f"cannot be read or written in {self.url}: {type(error).__name__}: {error}"
        remedy = "see that the store answers and may be written; then repeat the command"
        return InvalidInputError(FieldProblem(name, problem, remedy))


def artifacts() -> ArtifactStore:
    """Give the store of the settings: a folder below the state folder by default."""
    state = Path(settings.CONFIG.state_dir)
    url = settings.CONFIG.artifact_url or str((state / "artifacts").absolute())
    return ArtifactStore(url, state / "copies")
