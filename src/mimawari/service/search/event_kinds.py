"""What the ledger is told of saved views."""

from __future__ import annotations

import msgspec

from mimawari.records.event import register


class ViewDetails(msgspec.Struct, frozen=True):
    """A view that was saved, shared or removed; what it asks for is not repeated here."""

    account: int
    name: str
    shared: bool


VIEW_SAVED = register("search_view", ViewDetails)
VIEW_REMOVED = register("search_view_removed", ViewDetails)
