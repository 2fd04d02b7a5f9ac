"""What somebody would write instead of an index of their own: patterns, and trigrams."""

from __future__ import annotations

import sys
import time
from typing import Any

from django.db import Error, connection, transaction

from bench.environment import rounded

WORDS = ("酒", "野菜", "東京都", "薙刀", "zanzibar", "the", "qqqq")
REPEATS = 3
_PAGE = "SELECT id FROM {table} WHERE {condition} ORDER BY id DESC LIMIT 26"
_COUNT = "SELECT count(*) FROM (SELECT 1 FROM {table} WHERE {condition} LIMIT 1001) AS matches"


def sizes() -> dict[str, int]:
    """Give what the index takes on the disk, and what the log of listings takes."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT pg_total_relation_size('search_document'), "
                "pg_relation_size('search_document_tokens'), "
                "pg_total_relation_size('intake_listingversion')"
            )
            whole, tokens, log = cursor.fetchone()
            return {"index": whole, "of_it_tokens": tokens, "listings": log}
        sums = (
            "SELECT sum(length(block)) FROM search_tokens_data",
            "SELECT sum(length(CAST(folded || facets AS BLOB))) FROM search_document",
            "SELECT sum(length(CAST(payload AS BLOB))) FROM intake_listingversion",
        )
        tokens, texts, log = (cursor.execute(sql).fetchone()[0] for sql in sums)
        return {"index": tokens + texts, "of_it_tokens": tokens, "listings": log}


def instead() -> list[dict[str, Any]]:
    """Ask for single words by patterns, then with the engine's trigram index."""
    like = "ILIKE" if connection.vendor == "postgresql" else "LIKE"
    rows = _asked(like, "intake_listingversion", f"payload {like} %s")
    begin = time.perf_counter()
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("CREATE EXTENSION pg_trgm")
                cursor.execute(
                    "CREATE INDEX ON intake_listingversion USING gin (payload gin_trgm_ops)"
                )
            else:
                cursor.execute(
                    "CREATE VIRTUAL TABLE trigrams USING fts5(payload, tokenize='trigram', "
                    "detail=none, content='intake_listingversion', content_rowid='id')"
                )
                cursor.execute("INSERT INTO trigrams (trigrams) VALUES ('rebuild')")
    except Error as error:
        return [*rows, {"way": "trigrams", "left_out": str(error).strip()}]
    built = rounded(time.perf_counter() - begin)
    if connection.vendor == "postgresql":
        more = _asked("pg_trgm", "intake_listingversion", f"payload {like} %s")
    else:
        more = _asked("FTS5 trigram", "trigrams", "payload LIKE %s")
    return [*rows, {"way": more[0]["way"], "seconds_to_build": built}, *more]


def _asked(way: str, table: str, condition: str) -> list[dict[str, Any]]:
    table_id = table
    rows = []
    for word in WORDS:
        times, count = [], 0
        for _ in range(REPEATS):
            begin = time.perf_counter()
            with connection.cursor() as cursor:
                page = _PAGE.format(table=table_id, condition=condition)
                if table == "trigrams":
                    page = page.replace("id", "rowid")
                cursor.execute(page, [f"%{word}%"])
                cursor.fetchall()
                cursor.execute(_COUNT.format(table=table_id, condition=condition), [f"%{word}%"])
                (count,) = cursor.fetchone()
            times.append(1_000 * (time.perf_counter() - begin))
        rows.append({"way": way, "word": word, "matches": count, "ms": rounded(min(times))})
        print(rows[-1], file=sys.stderr, flush=True)
    return rows
