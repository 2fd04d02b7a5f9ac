"""What other rooms do with new listing versions, in the transaction that takes them in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from mimawari.listings.listing import Listing

    Listener = Callable[[Sequence[tuple[int, Listing]], datetime], None]

_listeners: list[Listener] = []


def on_arrival(listener: Listener) -> None:
    """Call ``listener`` with the number and listing of each version that is to be scored."""
    if listener not in _listeners:
        _listeners.append(listener)


def announce(versions: Sequence[tuple[int, Listing]], now: datetime) -> None:
    """Tell every listener of new versions; where one fails, nothing is taken in."""
    for listener in _listeners:
        listener(versions, now)
