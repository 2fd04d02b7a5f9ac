"""The indexer: follows the ledger, and fills an index that was begun anew from the log.

A turn makes documents of what is in the store, then writes them and how far it has come in one
short transaction, so it may be killed at any moment. Of two that work at once the slower one's turn
counts for nothing.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec
from django.db import connection, transaction

from mimawari.service.delivery.sealed_events import between, sealed_size
from mimawari.service.intake.models import ListingVersion
from mimawari.service.platform.metrics import SEARCH_BEHIND, SEARCH_DOCUMENTS
from mimawari.service.platform.work_loop import WorkLoop
from mimawari.service.platform.write_ahead_log import empty_log
from mimawari.service.search import erasing_lock
from mimawari.service.search.documents import entries_of, numbers_of
from mimawari.service.search.engine import the_index
from mimawari.service.search.models import IndexState
from mimawari.service.search.state import ROW, begin_anew, current, freshness
from mimawari.service.search.touched import KINDS, versions_in

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from mimawari.service.search.index import Entry

# SQLite's one writer waits for such a transaction.
DOCUMENTS = 250
PLACES, EVENTS, MOST_VERSIONS = 2_000, 100, 2_000
"""Places that are looked at in a turn, events among them, and versions that these tell of."""
PAUSE_SECONDS = 0.02
MEASURE_SECONDS = 5.0
LOG_WAIT_SECONDS = 0.1


class Reached(msgspec.Struct, frozen=True):
    """How far the index has come: the columns of its state that a turn changes."""

    place: int
    below: int | None
    untidy: bool


class Indexer(WorkLoop):
    """Keeps the index up to date.

    Parameters
    ----------
    documents
        At most so many are written in one transaction.
    """

    trouble = "the search index could not be written"

    def __init__(self, documents: int = DOCUMENTS) -> None:
        super().__init__()
        self.index = the_index()
        self._documents = documents
        self._measure_at = 0.0

    def turn(self) -> bool:
        """Follow the ledger a little, else fill what is missing, else tidy up."""
        state = current() or begin_anew()
        reached = Reached(state.place, state.below, state.untidy)
        busy = self._follow(reached) or self._fill(reached) or self._tidy(reached)
        if busy and connection.vendor == "sqlite":
            self._stopped.wait(PAUSE_SECONDS)  # so that who else writes comes in between
        if self._measure_at <= time.monotonic():
            self._measure_at = time.monotonic() + MEASURE_SECONDS
            SEARCH_BEHIND.set(freshness().behind_seconds)
        return busy

    def _follow(self, reached: Reached) -> bool:
        size = sealed_size()
        if reached.place >= size:
            return False
        end = min(reached.place + PLACES, size)
        rows = between(reached.place, end, KINDS, EVENTS)
        if len(rows) == EVENTS:
            end = rows[-1][0] + 1
        touched: set[int] = set()
        for place, event in rows:
            touched |= versions_in([event] if event is not None else [])
            if len(touched) >= MOST_VERSIONS:
                end = place + 1
                break
        return self._write(reached, msgspec.structs.replace(reached, place=end), touched)

    def _fill(self, reached: Reached) -> bool:
        if reached.below is None:
            return False
        older = ListingVersion.objects.filter(pk__lt=reached.below).order_by("-pk")
        missing = list(older.values_list("pk", flat=True)[: self._documents])
        below = missing[-1] if missing else None
        return self._write(reached, msgspec.structs.replace(reached, below=below), missing)

    def _write(self, before: Reached, after: Reached, versions: Collection[int]) -> bool:
        """Write documents of versions, and how far that brings the index.

        All but the last part are written ahead; where the last is not, they are written anew.
        """
        numbers = sorted(versions)
        parts = [
            numbers[i : i + self._documents] for i in range(0, len(numbers), self._documents)
        ] or [[]]
        for i, part in enumerate(parts, 1):
            goal = after if i == len(parts) else before
            if not self._put(before, goal, part, entries_of(part)):
                break
            if i < len(parts):
                self._stopped.wait(PAUSE_SECONDS if connection.vendor == "sqlite" else 0)
            SEARCH_DOCUMENTS.inc(len(part))
        return True

    def _put(
        self, before: Reached, after: Reached, part: Collection[int], entries: Sequence[Entry]
    ) -> bool:
        """Write where nobody else went on meanwhile; gives whether."""
        with transaction.atomic():
            state = IndexState.objects.select_for_update().filter(pk=ROW).first()
            if state is None or (state.place, state.below) != (before.place, before.below):
                return False
            # What was erased since it was read is written no more, and nothing is until the end.
            erasing_lock.share()
            known = numbers_of(part)
            entries = [entry for entry in entries if entry.id in known]
            if gone := set(part) - {entry.id for entry in entries}:
                self.index.remove(gone)
                state.untidy = True
            if entries:
                self.index.put(entries)
            state.place, state.below = after.place, after.below
            state.save(update_fields=("place", "below", "untidy"))
        return True

    def _tidy(self, reached: Reached) -> bool:
        """Overwrite what was taken out, until nothing is left of it, in the log either."""
        if not reached.untidy:
            return False
        with transaction.atomic():
            left = self.index.tidy()
        if not left and not empty_log(LOG_WAIT_SECONDS):
            return False  # somebody reads: later
        if not left:
            # Where another indexer went on, it may have taken out more.
            IndexState.objects.filter(pk=ROW, place=reached.place).update(untidy=False)
        return True
