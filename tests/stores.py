"""The store between tests: emptied fast, and filled again with what was kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from django.apps import apps
from django.core.management.color import no_style
from django.db import connection, transaction

# What Django derives from the models; to write it anew after each test took longer than most tests.
DERIVED = {"auth_permission", "django_content_type"}
SQLITE = "SELECT 'DROP TRIGGER ' || name, sql FROM sqlite_master WHERE type = 'trigger'"
POSTGRES = """
SELECT DISTINCT format('ALTER TABLE %s DISABLE TRIGGER USER', tgrelid::regclass),
                format('ALTER TABLE %s ENABLE TRIGGER USER', tgrelid::regclass)
FROM pg_trigger WHERE NOT tgisinternal
"""


@contextmanager
def unsealed() -> Iterator[None]:
    """Take the append-only triggers away for a time."""
    with connection.cursor() as cursor:
        cursor.execute(SQLITE if connection.vendor == "sqlite" else POSTGRES)
        off, on = zip(*cursor.fetchall(), strict=True)
    _run(*off)
    yield
    _run(*on)


def empty() -> None:
    """Delete all rows of all tables."""
    with unsealed():
        _run(*(f"DELETE FROM {table}" for table in _tables()))


def keep(name: str) -> None:
    """Copy all rows aside, inside the database, under a name; what it stood for goes."""
    for table in _tables():
        _run(
            f"DROP TABLE IF EXISTS {name}_{table}",
            f"CREATE TABLE {name}_{table} AS SELECT * FROM {table}",
        )


def put_back(name: str) -> None:
    """Have what was kept under a name, and nothing else."""
    empty()
    _run(*(f"INSERT INTO {table} SELECT * FROM {name}_{table}" for table in _tables()))
    # A test that ran in between may have counted anew.
    _run(*connection.ops.sequence_reset_sql(no_style(), apps.get_models()))


@cache
def _tables() -> list[str]:
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    return sorted(set(names) - DERIVED)


def _run(*statements: str) -> None:
    # In one transaction: foreign keys are looked at when it ends, so any order will do.
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
