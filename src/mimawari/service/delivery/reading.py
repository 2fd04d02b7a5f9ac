"""Reads on in the ledger from a place: what the feed and the relay have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mimawari.service.delivery.bodies import Outgoing, bodies_of, kinds_of
from mimawari.service.delivery.sealed_events import between, sealed_size

if TYPE_CHECKING:
    from collections.abc import Collection

WINDOW, WINDOWS = 2_000, 10
"""Places that are looked at with one query, and queries for one page."""


class Page(msgspec.Struct, frozen=True):
    """Events from a place on.

    Parameters
    ----------
    next
        The first place that was not looked at.
    more
        Whether there are places behind it already.
    """

    events: tuple[Outgoing, ...]
    next: int
    more: bool


def read(first: int, most: int, types: Collection[str] = ()) -> Page:
    """Read events of some types from a place on; of all where none is named.

    Few of the ledger's events are told outside, so a page may be short, or empty, although more
    follows.
    """
    size, kinds = sealed_size(), kinds_of(types)
    events: list[Outgoing] = []
    for _ in range(WINDOWS):
        if first >= size or len(events) >= most:
            break
        end, room = min(first + WINDOW, size), most - len(events)
        rows = between(first, end, kinds, room)
        events += bodies_of(event for _, event in rows if event is not None)
        first = rows[-1][0] + 1 if len(rows) == room else end
    return Page(tuple(events), first, first < size)
