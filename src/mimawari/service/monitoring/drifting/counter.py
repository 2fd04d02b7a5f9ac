"""Counts listings in batches of sellers, exactly once, and watches the shares of each batch.

A turn reads and counts outside of any transaction, then writes in one short transaction: hourly
counts, state of the watches, alarms, and the place reached, which has to be where it was. So
whoever is killed loses a turn and no batch, and of two that work at once one counts for nothing.
"""

from __future__ import annotations

import time
from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from mimawari.evaluation.drift.bands import INPUTS
from mimawari.evaluation.drift.hours import hour_of
from mimawari.evaluation.drift.rule import BATCH
from mimawari.evaluation.drift.tally import Tally, added, tally
from mimawari.evaluation.drift.watch import WatchState
from mimawari.service.delivery.sealed_events import place_at
from mimawari.service.monitoring.drifting.arrivals import Place, Reader, sellers_before
from mimawari.service.monitoring.drifting.telling import note_absent, tell
from mimawari.service.monitoring.drifting.watches import past_of, watch_of
from mimawari.service.monitoring.models import DriftHour, DriftPlace, DriftWatch
from mimawari.service.platform import clock
from mimawari.service.platform.work_loop import WorkLoop

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mimawari.evaluation.drift.watch import Watch
    from mimawari.service.monitoring.drifting.arrivals import Arrival
    from mimawari.service.platform.leases import HeldLease

ROW = 1
AT_ONCE = LONGEST = 2_000
"""Listings that are read at once; and of a batch, where few sellers bring many."""
AGO = timedelta(days=15)
ONCE_IN = timedelta(hours=1)
"""A seller counts once in so long."""
KEPT_HOURS = 36 * 24
SHARE = 0.25
"""Of one core, while it catches up."""
IDLE_SECONDS = 10.0
ABSENT_SECONDS = 600.0


class Batch:
    """Listings of `BATCH` sellers who did not count lately, as counts of each watch."""

    def __init__(self, arrivals: Sequence[Arrival]) -> None:
        self.hour = hour_of(arrivals[len(arrivals) // 2].received_at)
        names: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
        sellers: defaultdict[str, list[str]] = defaultdict(list)
        for arrival in arrivals:
            for watch, of in arrival.names.items():
                names[watch].append(of)
                sellers[watch].append(arrival.seller)
        self.tallies = {watch: tally(of, sellers[watch]) for watch, of in names.items()}


class DriftCounter(WorkLoop):
    """Counts and watches, in one process at a time.

    Parameters
    ----------
    lease
        The keeper's; the place reached is what keeps two apart.
    """

    trouble = "drift could not be watched"

    def __init__(self, lease: HeldLease, at_once: int = AT_ONCE) -> None:
        super().__init__(IDLE_SECONDS)
        self.lease = lease
        self._at_once = at_once
        self._reader = Reader()
        self._counted: Place | None = None
        self._read_to = Place(0)
        self._waiting: list[Arrival] = []
        self._watches: dict[str, Watch] = {}
        self._topics: dict[str, str] = {}
        self._lately: dict[str, datetime] = {}
        self._absent_at = 0.0

    def turn(self) -> bool:
        """Read on, count what makes whole batches, and write it down."""
        if not self.lease.holds:
            return False
        began = time.monotonic()
        if self._counted is None or self._counted != _reached():
            self._load()
        page = self._reader.read(self._read_to, self._at_once)
        self._read_to = page.end
        self._waiting += page.arrivals
        batches, place = self._batches()
        if place is not None:
            self._write(batches, place)
        if not page.more:
            return False
        self._stopped.wait((time.monotonic() - began) * (1 / SHARE - 1))
        return True

    def _load(self) -> None:
        """Take up what is kept: the place, the watches, and who counted lately."""
        self._counted = self._read_to = place = _reached() or _begin()
        self._waiting, self._watches, self._topics = [], {}, {}
        for row in DriftWatch.objects.order_by("pk"):
            self._topics[row.name] = row.topic
            self._watches[row.name] = watch_of(row.name, row.state)
        first = self._reader.read(place, 1).arrivals
        since = (first[0].received_at if first else clock.database_now()) - 2 * ONCE_IN
        self._lately = dict(sellers_before(place, place_at(since), since))

    def _batches(self) -> tuple[list[Batch], Place | None]:
        """Take whole batches off what was read, and the place that follows them; None: none."""
        batches: list[Batch] = []
        mine: list[Arrival] = []
        sellers: set[str] = set()
        taken, place = 0, None
        lately = dict(self._lately)
        for i, arrival in enumerate(self._waiting):
            last = lately.get(arrival.seller)
            if arrival.seller in sellers or last is None or _over(last, arrival.received_at):
                sellers.add(arrival.seller)
                mine.append(arrival)
            lately[arrival.seller] = arrival.received_at
            if len(sellers) == BATCH or i - taken + 1 >= LONGEST:
                batches += [Batch(mine)] if mine else []
                mine, sellers, taken, place = [], set(), i + 1, arrival.after
                self._lately = dict(lately)
        self._waiting = self._waiting[taken:]
        if taken:
            newest = max(self._lately.values())
            self._lately = {s: at for s, at in self._lately.items() if not _over(at, newest)}
        return batches, place

    def _write(self, batches: Sequence[Batch], place: Place) -> None:
        """Step through batches, and keep all that came of them or nothing."""
        counted, self._counted = self._counted, None  # unsure until it is written
        assert counted is not None
        now = clock.database_now()
        hours: dict[tuple[str, int], list[Tally]] = defaultdict(list)
        with transaction.atomic():
            mine = DriftPlace.objects.filter(pk=ROW, place=counted.place, offset=counted.offset)
            if not mine.update(place=place.place, offset=place.offset):
                return
            for batch in batches:
                for name, counts in batch.tallies.items():
                    watch = self._known(name)
                    if watch.due(batch.hour):
                        _add(hours)
                        watch.learn(past_of(name, batch.hour), batch.hour)
                    for change in watch.step(counts, batch.hour):
                        tell(self._topics[name], change, now)
                    hours[name, int(batch.hour)].append(counts)
            _add(hours)
            self._keep({name for batch in batches for name in batch.tallies})
            if self._absent_at <= time.monotonic():
                self._absent_at = time.monotonic() + ABSENT_SECONDS
                note_absent(self._watches, self._topics, now)
        self._counted = place

    def _known(self, name: str) -> Watch:
        if name not in self._watches:
            self._watches[name] = watch_of(name, WatchState())
            self._topics[name] = "" if name == INPUTS else name.partition(" ")[2]
        return self._watches[name]

    def _keep(self, names: set[str]) -> None:
        DriftWatch.objects.bulk_create(
            (
                DriftWatch(name=name, topic=self._topics[name], state=self._watches[name].kept())
                for name in sorted(names)
            ),
            update_conflicts=True,
            unique_fields=("name",),
            update_fields=("state",),
        )


def _over(last: datetime, now: datetime) -> bool:
    return abs(now - last) >= ONCE_IN  # a clock may be set back


def _add(hours: dict[tuple[str, int], list[Tally]]) -> None:
    """Add counts to their hours, and forget hours that nobody reads any more."""
    for (name, hour), tallies in hours.items():
        row = DriftHour.objects.filter(watch=name, hour=hour).first()
        if row is None:
            DriftHour.objects.create(watch=name, hour=hour, tally=added(tallies))
            DriftHour.objects.filter(watch=name, hour__lt=hour - KEPT_HOURS).delete()
        else:
            row.tally = added([row.tally, *tallies])
            row.save(update_fields=("tally",))
    hours.clear()


def _reached() -> Place | None:
    row = DriftPlace.objects.filter(pk=ROW).values_list("place", "offset").first()
    return Place(*row) if row else None


def _begin() -> Place:
    """Begin with what came in the last two weeks, which is the past that is learnt from."""
    place = Place(place_at(clock.database_now() - AGO))
    try:
        with transaction.atomic():
            DriftPlace.objects.create(pk=ROW, place=place.place)
    except IntegrityError:  # another was first
        return _reached() or place
    return place
