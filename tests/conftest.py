"""Fixtures of the whole suite."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import settings

# First calls compile kernels, so no deadline; the same examples in every run.
settings.register_profile("suite", deadline=None, derandomize=True)
settings.load_profile("suite")

# Tables whose triggers refuse to change or delete rows; emptying them between tests must pass.
SEALED = (
    "ops_ledgerentry",
    "ops_generation",
    "ops_topicfileversion",
    "review_decision",
    "review_goldenitem",
    "release_trialevent",
    "release_triallook",
    "media_snapshot",
)
ONLY_ROWS = {"media_snapshot": "old.state <> 0"}


@contextmanager
def unsealed() -> Iterator[None]:
    """Take the append-only triggers away for the time of a clean-up."""
    from django.db import connection

    from mimawari.service.ops.append_only import AppendOnly

    sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        for table in SEALED:
            if sqlite:
                for event in ("update", "delete"):
                    cursor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{event}")
            else:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    yield
    for table in SEALED:
        if sqlite:
            with connection.schema_editor() as editor:
                AppendOnly(table, ONLY_ROWS.get(table, ""))(None, editor)
        else:
            with connection.cursor() as cursor:
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


@pytest.fixture(autouse=True, scope="session")
def clean_up_past_the_triggers() -> Iterator[None]:
    """Let tests that commit be cleaned up, triggers and all."""
    from django.test import TransactionTestCase

    original = TransactionTestCase._fixture_teardown

    def teardown(self: TransactionTestCase) -> None:
        with unsealed():
            original(self)

    TransactionTestCase._fixture_teardown = teardown
    yield
    TransactionTestCase._fixture_teardown = original


@pytest.fixture(scope="session")
def data() -> Path:
    """Give the folder of the public data sets, or skip."""
    folder = Path(os.environ.get("MIMAWARI_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("the public data sets are not here; set MIMAWARI_DATA to their folder")
    return folder
