"""What `mimawari check` looks at before anything starts."""

from __future__ import annotations

import os
from pathlib import Path

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.project import config
from mimawari.service.project.database import database


def problems() -> list[FieldProblem]:
    """Give everything that is wrong with settings, state folder, store and models."""
    try:
        settings = config.load()
        database(settings.database_url)
        config.apply_readings(settings)
    except InvalidInputError as error:
        return list(error.problems)
    found = _state(Path(settings.state_dir))
    return found or _store()


def _state(folder: Path) -> list[FieldProblem]:
    existing = next(p for p in (folder, *folder.absolute().parents) if p.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK):
        return [FieldProblem("state_dir", f"{folder} is not writable", "choose another folder")]
    key = folder / "secret_key"
    if key.exists() and key.stat().st_mode & 0o077:
        return [FieldProblem("state_dir", f"{key} can be read by others", f"chmod 600 {key}")]
    return []


def _store() -> list[FieldProblem]:
    from django.db import connection
    from django.db.utils import Error

    from mimawari.service import setup

    setup()
    try:
        connection.ensure_connection()
        from mimawari.service.platform import migrating

        if migrating.is_empty():
            return []  # the first command makes the tables; there is nothing in them to check
        waiting = migrating.pending()
    except Error as error:
        return [FieldProblem("database_url", str(error).strip(), "start or correct the database")]
    if waiting.problems():
        return waiting.problems()
    from mimawari.service.ops import banks, generations, ledger

    found = []
    if waiting.after:
        said = f"waits for the end of a rollout: {', '.join(waiting.after)}"
        remedy = "run 'mimawari migrate' once every process has the new version"
        found.append(FieldProblem("database_url", said, remedy))
    _, broken = ledger.verify()
    if broken is not None:
        found.append(
            FieldProblem("ledger", f"entry {broken} does not fit the chain", "restore a back-up")
        )
    newest = generations.current()
    if newest is not None:
        found += generations.load_models(newest.manifest)[1].values()
        found += banks.load_all(newest.manifest)[1].values()
        try:
            generations.build_rules(newest.manifest)
        except InvalidInputError as error:
            found += error.problems
    return found
