"""Files and folders of the service that nobody else on the host reads."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from mimawari.errors import FieldProblem

OTHERS = 0o077


def make_folder(path: Path) -> None:
    """Make a folder that is missing, for its owner alone; one that is there stays as it is."""
    if not path.is_dir():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=0o700, exist_ok=True)


def make_file(path: Path) -> None:
    """Make an empty file that is missing, for its owner alone.

    SQLite makes files that everybody may read, and gives those beside a database its mode. Where
    none can be made here, SQLite says why.
    """
    with suppress(OSError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def readable_by_others(database: Path, state: Path) -> list[FieldProblem]:
    """Give the database file and the state folder where others may read them."""
    checked = (("database_url", database, "600"), ("state_dir", state, "700"))
    return [
        FieldProblem(field, f"{path} can be read by others", f"chmod {mode} {path}")
        for field, path, mode in checked
        if path.exists() and path.stat().st_mode & OTHERS
    ]
