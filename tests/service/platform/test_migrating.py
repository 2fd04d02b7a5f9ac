"""The store's tables: made once, changed by one command only, in two steps."""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from bench.server import Server
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from tests.service.conftest import new_server

from mimawari.errors import InvalidInputError
from mimawari.service.platform import migrating
from mimawari.service.platform.models import Lease
from mimawari.service.project import checks

ALL = ("platform.0001_initial",)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Server]:
    with new_server(tmp_path, with_tables=False) as server:
        yield server


def execute(server: Server, *statements: str) -> None:
    """Change a store by hand."""
    if server.url.startswith("sqlite"):
        with closing(sqlite3.connect(server.url.removeprefix("sqlite:///"))) as database:
            for statement in statements:
                database.execute(statement)
            database.commit()
        return
    with psycopg.connect(server.url) as database:
        for statement in statements:
            database.execute(statement.encode())


def words(done: subprocess.CompletedProcess[str]) -> str:
    return " ".join(done.stderr.split())


def test_any_command_makes_the_tables_of_an_empty_store(store: Server) -> None:
    assert store.command("check").returncode == 0, "an empty store is in order"
    assert store.command("keys", "list").returncode == 0
    assert store.command("migrate").stdout == "The store is up to date.\n"


def test_a_store_that_lacks_migrations_is_changed_by_migrate_alone(store: Server) -> None:
    store.command("keys", "list")
    execute(
        store,
        "DROP TABLE platform_lease",
        "DROP TABLE platform_roleprocess",
        "DELETE FROM django_migrations WHERE app = 'platform'",
    )
    for command in (("keys", "list"), ("serve",), ("run", "scorer")):
        done = store.command(*command)
        assert done.returncode == 1
        assert "lacks 1 migrations, from platform.0001_initial on" in words(done)
        assert "run 'mimawari migrate'" in words(done)
    assert "platform.0001_initial" in store.command("check").stdout
    assert store.command("migrate").stdout.splitlines() == [*ALL, "The store is up to date."]
    assert store.command("keys", "list").returncode == 0


def test_a_store_of_a_newer_version_is_left_alone(store: Server) -> None:
    store.command("keys", "list")
    execute(
        store,
        "INSERT INTO django_migrations (app, name, applied) VALUES"
        " ('intake', '9999_future', '2030-01-01 00:00:00')",
    )
    for command in (("keys", "list"), ("migrate",)):
        done = store.command(*command)
        assert done.returncode == 1
        assert "was made by another version of mimawari (intake.9999_future)" in words(done)


def test_two_migrations_at_once_both_succeed(store: Server) -> None:
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda _: store.command("migrate"), range(2)))
    assert [one.returncode for one in done] == [0, 0], done
    ran = [one.stdout.count(ALL[0]) for one in done]
    assert sorted(ran) == [0, 1], "the second found nothing left"


def test_two_first_commands_at_once_both_succeed(store: Server) -> None:
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda _: store.command("keys", "list"), range(2)))
    assert [one.returncode for one in done] == [0, 0], done


@pytest.fixture
def unmigrated(db: None) -> Iterator[None]:
    """Take the tables of this app away, as they were before its migration."""
    tables = [model._meta.db_table for model in migrating_models()]
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"DROP TABLE {table}")
    MigrationRecorder(connection).record_unapplied("platform", "0001_initial")
    yield
    migrating.migrate()


def migrating_models() -> list[type]:
    from django.apps import apps

    return list(apps.get_app_config("platform").get_models())


@pytest.mark.django_db(transaction=True)
def test_what_comes_after_a_rollout_waits_for_it(
    unmigrated: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mimawari.service.platform.migrations import __name__ as package

    module = __import__(f"{package}.0001_initial", fromlist=["*"])
    monkeypatch.setattr(module, "after_rollout", True, raising=False)
    waiting = migrating.pending()
    assert (waiting.before, waiting.after, waiting.problems()) == ((), ALL, [])
    assert [p.problem for p in checks.problems()] == [
        "waits for the end of a rollout: platform.0001_initial"
    ]
    assert migrating.migrate(after=False) == migrating.Pending()
    assert migrating.pending().after == ALL
    assert migrating.migrate(before=False).after == ALL
    assert not Lease.objects.exists()
    assert migrating.pending() == migrating.Pending()


@pytest.mark.django_db(transaction=True)
def test_the_second_step_does_not_come_first(unmigrated: None) -> None:
    with pytest.raises(InvalidInputError, match="lacks 1 migrations"):
        migrating.migrate(before=False)
    assert migrating.pending().before == ALL
    assert migrating.migrate(after=False).before == ALL


@pytest.mark.django_db(transaction=True)
def test_what_the_first_step_builds_on_belongs_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    executor.loader.applied_migrations = {}
    older = {("intake", "0001_initial"), ("trials", "0003_trial_waits")}
    monkeypatch.setattr(migrating, "_is_after", lambda one: (one.app_label, one.name) in older)
    before, after = migrating._steps(executor)
    names = {(one.app_label, one.name) for one in before}
    assert ("intake", "0001_initial") in names, "intake.0002 needs it"
    assert [(one.app_label, one.name) for one in after] == [("trials", "0003_trial_waits")]
