"""What `mimawari check` looks at before anything starts."""

from __future__ import annotations

import os
from pathlib import Path

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.project import config, private
from mimawari.service.project.database import database

KEYS = ("secret_key", "ledger_key", "second_factor_key", "release_key")


def problems() -> list[FieldProblem]:
    """Give everything that is wrong with settings, state folder, store and models."""
    try:
        settings = config.load()
        database(settings.database_url)
        config.apply_readings(settings)
        config.apply_kinds(settings)
    except InvalidInputError as error:
        return list(error.problems)
    problems_of_folder = _state(Path(settings.state_dir))
    return problems_of_folder or _store()


def warnings() -> list[FieldProblem]:
    """Give what stops nothing and should not stay; call it where there are no problems."""
    from django.conf import settings

    from mimawari.service.platform import durability

    database_file = Path(str(settings.DATABASES["default"]["NAME"]))
    state = Path(settings.CONFIG.state_dir)
    return durability.warnings() + private.readable_by_others(database_file, state)


def _state(folder: Path) -> list[FieldProblem]:
    existing = next(p for p in (folder, *folder.absolute().parents) if p.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK):
        return [FieldProblem("state_dir", f"{folder} is not writable", "choose another folder")]
    return [
        FieldProblem("state_dir", f"{key} can be read by others", f"chmod 600 {key}")
        for key in map(folder.joinpath, KEYS)
        if key.exists() and key.stat().st_mode & 0o077
    ]


def _store() -> list[FieldProblem]:
    from django.db import connection
    from django.db.utils import Error

    from mimawari.service.project.setup import setup

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
    from mimawari.service.audit.verify_end import verify_end
    from mimawari.service.catalogue import banks
    from mimawari.service.releases import generations

    problems = [
        FieldProblem(problem.where, problem.problem, "run 'mimawari audit verify'")
        for problem in verify_end()[:20]
    ]
    if waiting.after:
        problem = f"waits for the end of a rollout: {', '.join(waiting.after)}"
        remedy = "run 'mimawari migrate' once every process has the new version"
        problems.append(FieldProblem("database_url", problem, remedy))
    newest = generations.current()
    if newest is not None:
        problems += generations.load_models(newest.manifest).problems.values()
        problems += banks.load_all(newest.manifest)[1].values()
        try:
            generations.build_rules(newest.manifest)
        except InvalidInputError as error:
            problems += error.problems
    return problems
