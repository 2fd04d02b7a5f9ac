"""Makes the whole index anew, beside an indexer or without one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mimawari.service.intake.models import ListingVersion
from mimawari.service.search.indexer import Indexer
from mimawari.service.search.models import Document
from mimawari.service.search.state import begin_anew, current

if TYPE_CHECKING:
    from collections.abc import Iterator


class Part(msgspec.Struct, frozen=True):
    """How many documents are in, and of how many listing versions."""

    documents: int
    versions: int


def rebuild() -> Iterator[Part]:
    """Empty the index and fill it; gives after every turn how far it has come."""
    begin_anew()
    versions, indexer = ListingVersion.objects.count(), Indexer()
    while (state := current()) is not None and state.below is not None:
        indexer.turn()
        left = ListingVersion.objects.filter(pk__lt=state.below).count()
        yield Part(versions - left, versions)
    yield Part(Document.objects.count(), versions)
