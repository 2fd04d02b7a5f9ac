"""The index on PostgreSQL: a column of tokens with a GIN index, which knows no order.

So the newest documents are looked at first, a stretch of numbers that is itself a token: where a
question has many matches, they alone fill the page and the count. Where it has few, all are found
and sorted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection, transaction

from mimawari.service.search.conditions import conditions
from mimawari.service.search.facets import BLOCK_BITS, block
from mimawari.service.search.index import EXACT_TO, NEWEST, Hits, Span, note_days
from mimawari.service.search.models import Document
from mimawari.service.search.words import tokens

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from mimawari.service.search.index import Entry, Wanted

_PUT = """
INSERT INTO search_document (id, day, folded, facets, tokens)
SELECT id, day, folded, facets, array_to_tsvector(string_to_array(tokens, ' '))
FROM unnest(%s::bigint[], %s::date[], %s::text[], %s::text[], %s::text[])
    AS fresh (id, day, folded, facets, tokens)
ON CONFLICT (id) DO UPDATE SET
    day = excluded.day, folded = excluded.folded, facets = excluded.facets, tokens = excluded.tokens
"""
_FIND = """
WITH hits AS MATERIALIZED (SELECT d.id FROM search_document AS d WHERE {conditions})
SELECT (SELECT count(*) FROM hits), ARRAY(SELECT id FROM hits ORDER BY id DESC LIMIT %s)
"""
_NEWEST = "SELECT d.id FROM search_document AS d WHERE {conditions} ORDER BY d.id DESC LIMIT %s"
# The planner takes tokens for cheap to read, though they are long, and lie out of line.
_BY_INDEX = "SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off"
NEWEST_BLOCKS = (2, 6, 20)
"""Stretches that are looked at before all are."""
MOST_BLOCKS = 64
"""So many stretches at most are named in a question about some days."""


class PostgresIndex:
    """Tokens in a column of the documents; see `mimawari.service.search.index.Index`."""

    def put(self, entries: Sequence[Entry]) -> None:
        """Take documents in, in the place of what is known of them."""
        ordered = sorted(entries, key=lambda entry: entry.id)
        note_days(ordered)
        columns = (
            [entry.id for entry in ordered],
            [entry.day for entry in ordered],
            [entry.folded for entry in ordered],
            [" ".join(sorted(entry.facets)) for entry in ordered],
            [" ".join(tokens(entry.folded).union(entry.facets)) for entry in ordered],
        )
        with connection.cursor() as cursor:
            cursor.execute(_PUT, columns)

    def remove(self, ids: Collection[int]) -> None:
        """Take documents out."""
        rows = Document.objects.filter(pk__in=list(ids))
        # Locked in the order in which others write them.
        list(rows.order_by("pk").select_for_update().values_list("pk", flat=True))
        rows.delete()

    def clear(self) -> None:
        """Take all documents out."""
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE search_document, search_dayrange")

    def tidy(self) -> bool:
        """Leave it to PostgreSQL, which vacuums this table as it does others."""
        return False

    def find(self, wanted: Wanted, most: int, before: int = NEWEST) -> Hits:
        """Find the newest documents: among the newest of all, or all of them."""
        first = before == NEWEST
        span = Span.of(wanted, before)
        if span.low > span.high or not all(wanted.any_of):
            return Hits([], 0 if first else None)
        if not (wanted.terms or wanted.any_of):
            ids = _by_number(wanted, span, most)
            return Hits(ids, len(_by_number(wanted, span, EXACT_TO + 1)) if first else None)
        enough = EXACT_TO + 1 if first else most
        for part in _ever_longer(span):
            count, ids = _by_tokens(wanted, part, most)
            if count >= enough:
                break
        return Hits(ids, min(count, EXACT_TO + 1) if first else None)


def _ever_longer(span: Span) -> Iterator[Span]:
    """Give the newest part of a span, a longer one, and the whole."""
    last = span.high >> BLOCK_BITS
    for blocks in NEWEST_BLOCKS:
        begin = (last - blocks + 1) << BLOCK_BITS
        if begin <= span.low:
            break
        yield Span(begin, span.high)
    yield span


def _by_tokens(wanted: Wanted, span: Span, most: int) -> tuple[int, list[int]]:
    """Count the documents of a span, and give the newest."""
    sql, parameters = conditions(wanted, span, "strpos")
    first, last = span.low >> BLOCK_BITS, span.high >> BLOCK_BITS
    groups = list(wanted.any_of)
    if last - first < MOST_BLOCKS:
        groups.append(tuple(block(n << BLOCK_BITS) for n in range(first, last + 1)))
    sql.insert(0, "d.tokens @@ %s::tsquery")
    parameters.insert(0, _expression(wanted, groups))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_BY_INDEX)
        cursor.execute(_FIND.format(conditions=" AND ".join(sql)), [*parameters, most])
        count, ids = cursor.fetchone()
        return count, ids


def _by_number(wanted: Wanted, span: Span, most: int) -> list[int]:
    """Give the newest of a span where no token is asked for: numbers alone are in order."""
    sql, parameters = conditions(wanted, span, "strpos")
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST.format(conditions=" AND ".join(sql)), [*parameters, most])
        return [number for (number,) in cursor.fetchall()]


def _expression(wanted: Wanted, groups: Sequence[Sequence[str]]) -> str:
    """Write what the index is asked for; tokens hold letters, digits and marks, and no quotes."""
    needed = [f"'{term.token}'{':*' if term.prefix else ''}" for term in wanted.terms]
    chosen = ["(" + " | ".join(f"'{token}'" for token in group) + ")" for group in groups]
    return " & ".join([*needed, *chosen])
