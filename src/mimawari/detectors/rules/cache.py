"""Keeps compiled databases between starts: compiling thousands of patterns takes seconds.

A database is code for the engine, so it is read only from a folder that nobody but its owner,
who runs this process, can write to. Anything unreadable, stale or foreign is compiled anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import hyperscan

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ENGINE = version("hyperscan")


def kept_or_compiled(
    compile_: Callable[[], hyperscan.Database],
    patterns: Sequence[str],
    flags: int,
    folder: Path | None,
) -> hyperscan.Database:
    """Give the database of the patterns from the folder, or compile it and keep it there."""
    if folder is None or not _is_own(folder):
        return compile_()
    path = folder / f"{key(patterns, flags)}.hs"
    # The engine checks version, processor and checksum; the name covers the rest.
    with contextlib.suppress(OSError, hyperscan.error):
        return hyperscan.loadb(path.read_bytes(), hyperscan.HS_MODE_BLOCK)
    database = compile_()
    with contextlib.suppress(OSError):
        _write(path, hyperscan.dumpb(database))
    return database


def key(patterns: Sequence[str], flags: int) -> str:
    r"""Name a database by all that it was compiled from.

    Examples
    --------
    >>> key(["a", "b"], 0) == key(["a\0b"], 0), key(["a"], 0) == key(["a"], 0)
    (False, True)
    """
    digest = hashlib.sha256(f"{ENGINE} {flags} {len(patterns)}".encode())
    for pattern in patterns:
        encoded = pattern.encode()
        digest.update(f" {len(encoded)} ".encode())
        digest.update(encoded)
    return digest.hexdigest()


def _is_own(folder: Path) -> bool:
    """Whether only this user can write to the folder, which is made where it is missing."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.stat()
    except OSError:
        return False
    others = status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return status.st_uid == os.getuid() and not others


def _write(path: Path, data: bytes) -> None:
    """Write a file so that readers see all of it or nothing."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        try:
            file.write(data)
            file.close()
            Path(file.name).replace(path)
        except OSError:
            Path(file.name).unlink(missing_ok=True)
            raise
