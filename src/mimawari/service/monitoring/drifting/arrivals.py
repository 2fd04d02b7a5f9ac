"""Listing versions in the order of the ledger, each with the shares that it counts for.

Places of the ledger are given to what is committed, in an order that nobody who reads on can miss
(`sealed_events`): so each version is read exactly once, whatever was committed when.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from mimawari.service.audit.bulk import numbers
from mimawari.service.audit.event_kinds import ROWS, Rows
from mimawari.service.delivery.sealed_events import between, sealed_size
from mimawari.service.intake.event_kinds import LISTINGS
from mimawari.service.intake.models import ListingVersion, State
from mimawari.service.monitoring.drifting.names import names_of
from mimawari.service.releases.models import Generation
from mimawari.service.scoring.models import Score

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from mimawari.records.manifest import Manifest

EVENTS, CHUNK = 200, 500


class Place(NamedTuple):
    """The next version: the place of its event in the ledger, and its number in that event."""

    place: int
    offset: int = 0


class Arrival(NamedTuple):
    """A version; ``after`` is the place that follows it."""

    after: Place
    seller: str
    received_at: datetime
    names: dict[str, dict[str, str]]


class Page(NamedTuple):
    """Versions, where to read on, and whether there is more at once."""

    arrivals: list[Arrival]
    end: Place
    more: bool


class Reader:
    """Reads on from a place; waits at a version that is not scored yet."""

    def __init__(self) -> None:
        self._manifests: dict[int, Manifest] = {}

    def read(self, start: Place, most: int) -> Page:
        """Give at most so many versions."""
        arrivals: list[Arrival] = []
        wanted, end, more = _numbers(start, most)
        for at in range(0, len(wanted), CHUNK):
            part = wanted[at : at + CHUNK]
            for arrival in self._of(part):
                if arrival is None:
                    return Page(arrivals, arrivals[-1].after if arrivals else start, False)
                arrivals.append(arrival)
        return Page(arrivals, end, more)

    def _of(self, part: Sequence[tuple[int, Place]]) -> Iterator[Arrival | None]:
        """Give the versions that are there, and None before the first that waits."""
        ids = [number for number, _ in part]
        fields = ("pk", "seller_id", "received_at", "payload", "state")
        rows = ListingVersion.objects.filter(pk__in=ids).values_list(*fields)
        known = {pk: others for pk, *others in rows}
        scores = {score.pk: score for score in Score.objects.filter(pk__in=ids)}
        self._learn({score.generation_id for score in scores.values()})
        for number, after in part:
            if number not in known:  # moved to the history, or removed
                continue
            seller, received_at, payload, state = known[number]
            if state == State.PENDING:
                yield None
                return
            names = names_of(payload, state, scores.get(number), self._manifests)
            if names:
                yield Arrival(after, seller, received_at, names)

    def _learn(self, generations: set[int]) -> None:
        for number in generations - self._manifests.keys():
            self._manifests[number] = Generation.objects.get(pk=number).manifest


def sellers_before(start: Place, since_place: int, since: datetime) -> list[tuple[str, datetime]]:
    """Give the sellers of versions before a place that were received since a time, in order."""
    wanted, sellers = [], []
    place = Place(since_place)
    while place < start:
        part, place, _ = _numbers(place, CHUNK, start.place + 1)
        wanted += [number for number, after in part if after <= start]
        if not part and place.place > start.place:
            break
    for at in range(0, len(wanted), CHUNK):
        part_ids = wanted[at : at + CHUNK]
        rows = ListingVersion.objects.filter(pk__in=part_ids, received_at__gte=since)
        known = {
            pk: (seller, t) for pk, seller, t in rows.values_list("pk", "seller_id", "received_at")
        }
        sellers += [known[pk] for pk in part_ids if pk in known]
    return sellers


def _numbers(
    start: Place, most: int, size: int | None = None
) -> tuple[list[tuple[int, Place]], Place, bool]:
    """Give the numbers of versions from a place on, where to go on, and whether there is more."""
    end = sealed_size() if size is None else min(size, sealed_size())
    rows = between(start.place, end, (ROWS.name,), EVENTS)
    arrived: list[tuple[int, Place]] = []
    for place, event in rows:
        if event is None:
            continue
        ids = _versions(event.details)
        skipped = start.offset if place == start.place else 0
        for i in range(skipped, len(ids)):
            after = Place(place, i + 1) if i + 1 < len(ids) else Place(place + 1)
            arrived.append((ids[i], after))
            if len(arrived) == most:
                return arrived, after, True
    if len(rows) == EVENTS:
        return arrived, Place(rows[-1][0] + 1), True
    return arrived, Place(end) if end > start.place else start, False


def _versions(details: msgspec.Raw) -> list[int]:
    try:
        rows = msgspec.json.decode(details, type=Rows)
    except msgspec.DecodeError:  # altered by hand: `mimawari audit verify` finds it
        return []
    return list(numbers(rows.ids)) if rows.table == LISTINGS.name else []
