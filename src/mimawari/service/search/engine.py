"""The index of the database in use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection

from mimawari.service.search.postgresql import PostgresIndex
from mimawari.service.search.sqlite import SqliteIndex

if TYPE_CHECKING:
    from mimawari.service.search.index import Index


def the_index() -> Index:
    """Give it."""
    return PostgresIndex() if connection.vendor == "postgresql" else SqliteIndex()
