"""The index on SQLite: an FTS5 table that holds numbers alone, newest first without sorting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection

from mimawari.service.search.conditions import conditions
from mimawari.service.search.index import EXACT_TO, NEWEST, Hits, Span, note_days
from mimawari.service.search.models import DayRange, Document
from mimawari.service.search.words import tokens

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from mimawari.service.search.index import Entry, Wanted

# SQLite allows 32,766 variables a statement.
CHUNK = 5_000
_DELETE = "INSERT INTO search_tokens (search_tokens, rowid, tokens) VALUES ('delete', %s, %s)"
_INSERT = "INSERT INTO search_tokens (rowid, tokens) VALUES (%s, %s)"
_TIDY_PAGES = 500


class SqliteIndex:
    """Tokens in the table ``search_tokens``; see `mimawari.service.search.index.Index`."""

    def put(self, entries: Sequence[Entry]) -> None:
        """Take documents in, in the place of what is known of them."""
        self.remove([entry.id for entry in entries])
        note_days(entries)
        Document.objects.bulk_create(
            Document(
                id=entry.id,
                day=entry.day,
                folded=entry.folded,
                facets=" ".join(sorted(entry.facets)),
            )
            for entry in entries
        )
        with connection.cursor() as cursor:
            rows = [(entry.id, _written(entry.folded, entry.facets)) for entry in entries]
            cursor.executemany(_INSERT, rows)

    def remove(self, ids: Collection[int]) -> None:
        """Take documents out; the table has to be told what it knows of them."""
        wanted = sorted(ids)
        for start in range(0, len(wanted), CHUNK):
            rows = Document.objects.filter(pk__in=wanted[start : start + CHUNK])
            known = [
                (number, _written(folded, facets.split()))
                for number, folded, facets in rows.values_list("pk", "folded", "facets")
            ]
            with connection.cursor() as cursor:
                cursor.executemany(_DELETE, known)
            rows.delete()

    def clear(self) -> None:
        """Take all documents out."""
        Document.objects.all().delete()
        DayRange.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO search_tokens (search_tokens) VALUES ('delete-all')")

    def tidy(self) -> bool:
        """Merge a little of what FTS5 keeps in pieces: tokens taken out are in old ones."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT total_changes()")
            (before,) = cursor.fetchone()
            cursor.execute(
                "INSERT INTO search_tokens (search_tokens, rank) VALUES ('merge', %s)",
                [-_TIDY_PAGES],
            )
            cursor.execute("SELECT total_changes()")
            return int(cursor.fetchone()[0]) - int(before) >= 2  # so says FTS5's documentation

    def find(self, wanted: Wanted, most: int, before: int = NEWEST) -> Hits:
        """Find the newest documents; tokens give their numbers in that order."""
        first = before == NEWEST
        if not all(wanted.any_of):
            return Hits([], 0 if first else None)
        ids = self._numbers(wanted, before, most)
        if not first:
            return Hits(ids, None)
        counted = ids if len(ids) < most else self._numbers(wanted, before, EXACT_TO + 1)
        return Hits(ids, min(len(counted), EXACT_TO + 1))

    def _numbers(self, wanted: Wanted, before: int, most: int) -> list[int]:
        sql, parameters = conditions(wanted, Span.of(wanted, before), "instr")
        source = "search_document AS d"
        if expression := _expression(wanted):
            # The order of the tables is fixed: tokens first, their numbers from the newest on.
            source = "search_tokens AS t CROSS JOIN search_document AS d ON d.id = t.rowid"
            span = parameters[:2]
            sql = ["search_tokens MATCH %s", "t.rowid BETWEEN %s AND %s", *sql[1:]]
            parameters = [expression, *span, *parameters[2:]]
        order = "t.rowid" if expression else "d.id"
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT d.id FROM {source} WHERE {' AND '.join(sql)} "  # noqa: S608 (constants)
                f"ORDER BY {order} DESC LIMIT %s",
                [*parameters, most],
            )
            return [number for (number,) in cursor.fetchall()]


def _written(folded: str, facets: Collection[str]) -> str:
    return " ".join(sorted(tokens(folded).union(facets)))


def _expression(wanted: Wanted) -> str:
    """Write what FTS5 is asked for; tokens hold letters, digits and marks, and no quotes."""
    needed = [f'"{term.token}"{"*" if term.prefix else ""}' for term in wanted.terms]
    groups = ["(" + " OR ".join(f'"{token}"' for token in group) + ")" for group in wanted.any_of]
    return " AND ".join([*needed, *groups])
