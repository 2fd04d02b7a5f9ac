"""The store's tables: what is pending, and bringing it up to date in two steps.

Migrations run before a rollout, while the old version still works with the store; those whose
module says ``after_rollout = True`` run after it, once no process of the old version is left.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib
import time
from typing import TYPE_CHECKING

import msgspec
from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from django.db.backends.utils import CursorWrapper
    from django.db.migrations.migration import Migration

# PostgreSQL's advisory lock that makes migrations one after the other.
LOCK = 0x6D696D62
LOOK_SECONDS = 0.1
COMMAND = "mimawari migrate"


class Pending(msgspec.Struct, frozen=True):
    """Names of migrations, as ``app.0001_name``.

    Parameters
    ----------
    unknown
        Run on this store, and not part of this program: another version made them.
    """

    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    def problems(self) -> list[FieldProblem]:
        """Say what must be done before a command or a role may use the store."""
        if self.unknown:
            made = f"was made by another version of mimawari ({', '.join(self.unknown)})"
            return [FieldProblem("database_url", made, "use that version, or restore a back-up")]
        if self.before:
            lacks = f"lacks {len(self.before)} migrations, from {self.before[0]} on"
            return [FieldProblem("database_url", lacks, f"back up, then run '{COMMAND}'")]
        return []


def is_empty() -> bool:
    """Whether the store has no tables at all."""
    return not connection.introspection.table_names()


def pending() -> Pending:
    """Compare the store with this program."""
    executor = MigrationExecutor(connection)
    before, after = _steps(executor)
    return Pending(_names(before), _names(after), tuple(_unknown(executor)))


def settled() -> Pending:
    """Compare once nobody is changing the tables any more."""
    with _alone():
        return pending()


def migrate(before: bool = True, after: bool = True) -> Pending:
    """Run what is pending of the steps asked for; gives what was run.

    Two at once are one after the other: the second finds nothing left.

    Raises
    ------
    InvalidInputError
        A newer version made the store, or the second step was asked for before the first.
    """
    with _alone():
        executor = MigrationExecutor(connection)
        first, second = _steps(executor)
        whole = Pending(_names(first), _names(second), tuple(_unknown(executor)))
        if whole.unknown or (whole.before and not before):
            raise InvalidInputError(*whole.problems())
        chosen = [*(first if before else ()), *(second if after else ())]
        if chosen:
            _run(executor, chosen)
    return Pending(whole.before if before else (), whole.after if after else ())


def _run(executor: MigrationExecutor, chosen: Sequence[Migration]) -> None:
    emit_pre_migrate_signal(0, False, connection.alias)
    state = executor.migrate(None, plan=[(migration, False) for migration in chosen])
    state.clear_delayed_apps_cache()
    emit_post_migrate_signal(0, False, connection.alias)  # permissions and content types


def _steps(executor: MigrationExecutor) -> tuple[list[Migration], list[Migration]]:
    """Divide what is pending; what the first step builds on belongs to it, whatever it says."""
    graph = executor.loader.graph
    plan = [migration for migration, _ in executor.migration_plan(graph.leaf_nodes())]
    first: set[tuple[str, str]] = set()
    for migration in plan:
        if not _is_after(migration):
            first.update(graph.forwards_plan((migration.app_label, migration.name)))
    keyed = [((migration.app_label, migration.name), migration) for migration in plan]
    return [m for key, m in keyed if key in first], [m for key, m in keyed if key not in first]


def _is_after(migration: Migration) -> bool:
    module = importlib.import_module(type(migration).__module__)
    return bool(getattr(module, "after_rollout", False))


def _unknown(executor: MigrationExecutor) -> Iterator[str]:
    """Give the migrations of our apps that were run and are not known here."""
    known = set(executor.loader.disk_migrations) | set(executor.loader.replacements)
    for app, name in sorted(MigrationRecorder(connection).applied_migrations()):
        if app in executor.loader.migrated_apps and (app, name) not in known:
            yield f"{app}.{name}"


def _names(migrations: Sequence[Migration]) -> tuple[str, ...]:
    return tuple(f"{migration.app_label}.{migration.name}" for migration in migrations)


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Let one process at a time change the tables."""
    if connection.vendor == "sqlite":
        # Beside the file: SQLite's own locks are lost when any descriptor of the file is closed.
        with open(f"{connection.settings_dict['NAME']}.migrate", "w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
        return
    from mimawari.service.platform.postgresql.base import DatabaseWrapper

    wrapper = connections[connection.alias]
    assert isinstance(wrapper, DatabaseWrapper)
    wrapper.wait_for_ever()
    with connection.cursor() as cursor:
        # A statement that waits for the lock would hold up indexes made beside others' writing
        # (CONCURRENTLY): they wait for every statement that began before, and both for ever.
        while not _taken(cursor):
            time.sleep(LOOK_SECONDS)
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
            connection.close()  # the next one has the usual limits


def _taken(cursor: CursorWrapper) -> bool:
    cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
    return bool(cursor.fetchone()[0])
