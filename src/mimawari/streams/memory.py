"""A stream in memory: the oracle of the other adapters, and what simulations use."""

from __future__ import annotations

import copy
import itertools
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from mimawari.records.work import LeasedVersion
from mimawari.streams.base import MOST_ATTEMPTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mimawari.listings.listing import Listing


@dataclass(slots=True)
class _Entry:
    listing_id: str
    version: int
    payload: str
    attempts: int = 0
    lease: int | None = None
    leased_until: float = 0.0


@dataclass(slots=True)
class _State:
    waiting: dict[int, _Entry] = field(default_factory=dict)
    newest: dict[str, int] = field(default_factory=dict)
    set_aside: dict[int, str] = field(default_factory=dict)


class MemoryStream:
    """Holds listing versions in a dictionary, under one lock.

    Parameters
    ----------
    now
        Seconds on the stream's clock; tests move it with `pass_time`.

    Examples
    --------
    >>> from mimawari.listings.listing import Listing
    >>> stream = MemoryStream()
    >>> stream.publish([Listing(id="1", version=1, seller_id="s", title="cup")])
    >>> leased = stream.fetch(10, seconds=30)
    >>> stream.fetch(10, seconds=30), stream.ack(leased), stream.ack(leased), stream.lag()
    ([], {1}, set(), 0)
    """

    def __init__(self, now: float = 0.0) -> None:
        self._now = now
        self._numbers = itertools.count(1)
        self._leases = itertools.count(1)
        self._state = _State()
        self._lock = threading.RLock()

    def publish(self, listings: Sequence[Listing]) -> None:
        """Add listing versions, and take out older ones of the same listings."""
        with self._lock:
            for listing in listings:
                newest = self._state.newest.get(listing.id, -1)
                if listing.version <= newest:
                    continue
                self._state.newest[listing.id] = listing.version
                payload = msgspec.json.encode(listing).decode()
                entry = _Entry(listing.id, listing.version, payload)
                kept = self._state.waiting.items()
                self._state.waiting = {n: e for n, e in kept if e.listing_id != listing.id}
                self._state.waiting[next(self._numbers)] = entry

    def fetch(self, most: int, seconds: float) -> list[LeasedVersion]:
        """Lease the oldest versions that are free."""
        with self._lock:
            lease = next(self._leases)
            free = [n for n, e in self._state.waiting.items() if e.leased_until <= self._now]
            leased = []
            for number in sorted(free)[:most]:
                entry = self._state.waiting[number]
                entry.lease, entry.leased_until = lease, self._now + seconds
                leased.append(
                    LeasedVersion(
                        number,
                        entry.listing_id,
                        entry.version,
                        entry.payload,
                        entry.attempts,
                        lease,
                    )
                )
            return leased

    def ack(self, leased: Sequence[LeasedVersion]) -> set[int]:
        """Take versions out; see `Stream.ack`."""
        with self._lock:
            mine = {version.id for version in leased if self._holds(version)}
            for number in mine:
                del self._state.waiting[number]
            return mine

    def release(self, leased: Sequence[LeasedVersion]) -> None:
        """Give leases back."""
        with self._lock:
            for version in filter(self._holds, leased):
                self._state.waiting[version.id].lease = None
                self._state.waiting[version.id].leased_until = self._now

    def fail(self, leased: LeasedVersion, reason: str) -> None:
        """Count a failed try; see `Stream.fail`."""
        with self._lock:
            if not self._holds(leased):
                return
            entry = self._state.waiting[leased.id]
            entry.attempts += 1
            entry.lease, entry.leased_until = None, self._now
            if entry.attempts >= MOST_ATTEMPTS:
                del self._state.waiting[leased.id]
                self._state.set_aside[leased.id] = reason

    def lag(self) -> int:
        """Count the versions that wait."""
        with self._lock:
            return len(self._state.waiting)

    def pass_time(self, seconds: float) -> None:
        """Move the stream's clock."""
        with self._lock:
            self._now += seconds

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Undo what happens within, where it ends in an error."""
        with self._lock:
            before = copy.deepcopy(self._state)
            try:
                yield
            except BaseException:
                self._state = before
                raise

    def _holds(self, leased: LeasedVersion) -> bool:
        entry = self._state.waiting.get(leased.id)
        return entry is not None and entry.lease == leased.lease
