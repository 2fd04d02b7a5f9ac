"""Reads the store past the program: by its driver alone."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import psycopg

Value = str | int | float | None


class Rows:
    """Runs a query on a store, SQLite or PostgreSQL, and gives its rows.

    Parameters
    ----------
    url
        Address of the database, as in the settings.
    """

    def __init__(self, url: str) -> None:
        self.url = url

    def __call__(self, query: str) -> list[tuple[Value, ...]]:
        """Give all rows."""
        if self.url.startswith("sqlite"):
            path = self.url.removeprefix("sqlite:///")
            with closing(sqlite3.connect(path, timeout=30)) as store:
                return list(store.execute(query))
        with psycopg.connect(self.url) as connection:
            return list(connection.execute(query.encode()))
