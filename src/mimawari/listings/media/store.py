"""Keeps bytes in a folder under their own SHA-256: the same picture is kept once."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from pathlib import Path

from mimawari.errors import FieldProblem, InvalidInputError, MimawariError

_NAME = re.compile(r"[0-9a-f]{64}")


class DamagedMediaError(MimawariError):
    """What the store holds under a name is not what was put there."""


class MediaStore:
    """Bytes by their SHA-256, in 256 folders so that none grows too large.

    Parameters
    ----------
    folder
        Made where it is missing.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = MediaStore(Path(folder))
    ...     name = store.put(b"a picture")
    ...     name[:8], store.get(name), store.get("0" * 64)
    ('92b2fa58', b'a picture', None)
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, sha256: str) -> Path:
        """Give where a name's bytes are kept.

        Raises
        ------
        InvalidInputError
            No SHA-256: a name from outside must not reach another file.
        """
        if not _NAME.fullmatch(sha256):
            problem = f"is {sha256[:70]!r}, no SHA-256"
            raise InvalidInputError(
                FieldProblem("sha256", problem, "give 64 hexadecimal digits in lower case")
            )
        return self.folder / sha256[:2] / sha256

    def put(self, data: bytes) -> str:
        """Keep bytes and give their name; a kill leaves all of them or nothing.

        Once the name is given, bytes and name outlast a loss of power.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        path = self.path(sha256)
        if not _holds(path, data):
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, data)
        # Always: whoever put the same bytes or made a folder may have been killed before this.
        for folder in (path.parent, self.folder, self.folder.parent):
            _sync(folder)
        return sha256

    def get(self, sha256: str) -> bytes | None:
        """Read bytes; None where there are none.

        Raises
        ------
        InvalidInputError
            No SHA-256.
        DamagedMediaError
            They changed on the disk; putting them again mends it.
        """
        try:
            data = self.path(sha256).read_bytes()
        except FileNotFoundError:
            return None
        if hashlib.sha256(data).hexdigest() != sha256:
            raise DamagedMediaError(f"{sha256} changed on the disk; fetch the picture again")
        return data

    def remove(self, sha256: str) -> bool:
        """Forget bytes; tell whether there were any."""
        try:
            self.path(sha256).unlink()
        except FileNotFoundError:
            return False
        return True


def _holds(path: Path, data: bytes) -> bool:
    try:
        return path.read_bytes() == data
    except FileNotFoundError:
        return False


def _write(path: Path, data: bytes) -> None:
    """Write beside, then rename: a reader never sees half a file."""
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def _sync(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    handle = os.open(folder, os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
