"""Who changes the actions about a listing or its seller is alone with them until they commit.

Whoever takes both takes the listing's first. There are few locks, each for many names: an
admitter that hides thousands at once takes each at most once, in one order.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from django.db import connection

if TYPE_CHECKING:
    from collections.abc import Iterable

# PostgreSQL's advisory locks have two halves; the first says what is locked.
LISTINGS, SELLERS = 0x6C697374, 0x73656C6C
LOCKS = 1_024


def lock_listings(names: Iterable[str]) -> None:
    """Wait until nobody else changes actions about listings; holds until the transaction ends.

    SQLite's write transactions exclude each other anyway.
    """
    _lock(LISTINGS, names)


def lock_sellers(names: Iterable[str]) -> None:
    """Wait until nobody else changes actions about sellers, or their strikes."""
    _lock(SELLERS, names)


def _lock(space: int, names: Iterable[str]) -> None:
    if connection.vendor != "postgresql":
        return
    places = sorted({_place(name) for name in names})
    if not places:
        return
    with connection.cursor() as cursor:
        # In the order of the list: two who lock several never wait for each other in a circle.
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, place) FROM unnest(%s::int[]) AS place",
            [space, places],
        )


def _place(name: str) -> int:
    digest = hashlib.blake2b(name.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % LOCKS
