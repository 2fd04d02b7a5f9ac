"""The feed's page: the same bodies as webhooks have, and where to read on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mimawari.records.outgoing import OutgoingEvent  # read by msgspec
from mimawari.service.delivery import cursor

if TYPE_CHECKING:
    from mimawari.service.delivery.reading import Page


class EventPage(msgspec.Struct, frozen=True):
    """Events in the order in which they became final.

    Parameters
    ----------
    next
        What to give as ``after`` for those that follow.
    more
        Whether to ask again at once: a page may be short, or empty, although more follows.
    """

    events: tuple[OutgoingEvent, ...]
    next: str
    more: bool


def feed_page(page: Page) -> EventPage:
    """Write a page as it is answered."""
    events = tuple(outgoing.event for outgoing in page.events)
    return EventPage(events, cursor.written(page.next), page.more)
