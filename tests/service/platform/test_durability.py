"""A store that does not wait for its disk is told of, by the check and by /health."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.db.backends.signals import connection_created
from typer.testing import CliRunner

from mimawari.cli.main import app
from mimawari.service.api.health import tell
from mimawari.service.platform.durability import warnings

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def connected_with(statement: str) -> Iterator[None]:
    """Have every connection begin with a statement, as a server's settings would."""

    def begin(connection: Any, **_: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)

    connection_created.connect(begin)
    connection.close()
    yield
    connection_created.disconnect(begin)
    connection.close()


def test_what_commits_late_is_told() -> None:
    statement = "SET synchronous_commit = off"
    name = "PostgreSQL runs with synchronous_commit off"
    if connection.vendor == "sqlite":
        statement, name = "PRAGMA synchronous=NORMAL", "SQLite runs with synchronous=NORMAL"
    problem = f"database_url: {name}: what was acknowledged can be lost with the power"
    assert not any(name in str(warning) for warning in warnings()), "the settings see to it"
    with connected_with(statement):
        texts = [str(warning) for warning in warnings()]
        assert any(text.startswith(problem) for text in texts)
        assert tell(None, ()).warnings == texts
        result = CliRunner(env={"COLUMNS": "300"}).invoke(app, ["check"])
        assert f"warning {problem}" in " ".join(result.output.split())
        assert result.exit_code == 0
