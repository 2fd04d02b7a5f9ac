"""Remove the listing versions of days that are over, a few thousand a transaction."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

import msgspec
from django.db import transaction

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.accounts.authority import require
from mimawari.service.accounts.permissions import Permission
from mimawari.service.audit.bulk import stretches
from mimawari.service.audit.event_kinds import REMOVAL, Removal
from mimawari.service.audit.record import record
from mimawari.service.audit.remove import Batches
from mimawari.service.audit.sealing import seal_all
from mimawari.service.intake.event_kinds import ENDINGS, LISTINGS
from mimawari.service.intake.models import Ending, ListingVersion
from mimawari.service.platform import clock
from mimawari.service.retention.closed import count_closed, remove_closed
from mimawari.service.retention.delete import delete_rows
from mimawari.service.retention.needed import BESIDE, PARTS, needed
from mimawari.service.retention.reading import refuse_while_read
from mimawari.service.scoring.event_kinds import SCORES
from mimawari.service.scoring.models import Score
from mimawari.service.search import erasing_lock
from mimawari.service.search.forget import forget_versions

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from mimawari.records.principal import Principal

# SQLite's one writer waits for such a transaction; a statement takes 32,766 variables.
CHUNK = 5_000


class Tally(msgspec.Struct):
    """What was removed, and what was kept although it is of a day before.

    Parameters
    ----------
    days
        How many listing versions of each day were removed.
    rows
        How many rows of each table were.
    kept
        How many listing versions were kept for each reason.
    """

    days: Counter[date] = msgspec.field(default_factory=Counter)
    rows: Counter[str] = msgspec.field(default_factory=Counter)
    kept: Counter[str] = msgspec.field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        """Add up."""
        self.days += other.days
        self.rows += other.rows
        self.kept += other.kept


def remove(
    before: date,
    principal: Principal,
    reason: str,
    *,
    dry_run: bool = False,
    progress: Callable[[Tally], None] = lambda _: None,
) -> Tally:
    """Remove listing versions with their scores, candidates and notes of pictures.

    A version is of the day it was scored on; of the day it came where it never was. What an
    alert, a label, a golden item or a trial needs is kept, and so is what still waits. Closed days
    go with their files.

    Parameters
    ----------
    before
        The first day that is kept; today at the latest.
    dry_run
        Whether to count only.
    progress
        Is told of the tally after every transaction.

    Raises
    ------
    ForbiddenError
        The principal may not.
    InvalidInputError
        The day is not over, no reason is given, or rows are not as the ledger knows them; what
        was removed until then stays removed, and is in the tally that progress was told of.
    """
    require(principal, Permission.RETENTION)
    _refuse(before, reason)
    seal_all()
    removal, tally = _Removal(before, principal, reason.strip()), Tally()
    for versions in _pages(before):
        if dry_run:
            part = removal.count(versions)
        else:
            with transaction.atomic():
                part = removal.remove(versions)
        tally.add(part)  # once it is committed
        progress(tally)
    gone = remove_closed(before, principal, reason.strip())
    for day, count in count_closed(before).items() if dry_run else gone:
        tally.add(Tally(Counter({day: count}), Counter({SCORES.name: count})))
        progress(tally)
    return tally


def _refuse(before: date, reason: str) -> None:
    today = clock.database_now().date()
    if before > today:
        problem = f"{before} is after today, {today} in UTC: only days that are over can go"
        raise InvalidInputError(FieldProblem("before", problem, "give an earlier day"))
    if not reason.strip():
        raise InvalidInputError(FieldProblem("reason", "is empty", "say why; the ledger keeps it"))
    refuse_while_read()


def _pages(before: date) -> Iterator[dict[int, date]]:
    """Give the versions of days before one, with their days, a page of numbers each.

    Numbers follow the order of arrival, but for writers at the same time: a whole page that came
    later ends it.
    """
    midnight = datetime.combine(before, time(), UTC)
    after = 0
    while True:
        rows = ListingVersion.objects.filter(pk__gt=after).order_by("pk")
        page = list(rows.values_list("pk", "received_at", "score__day")[:CHUNK])
        if not any(received_at < midnight for _, received_at, _ in page):
            return
        days = {pk: scored or received_at.date() for pk, received_at, scored in page}
        yield {pk: day for pk, day in days.items() if day < before}
        after = page[-1][0]


class _Going(msgspec.Struct):
    """What can go of some versions: numbers of them, of scores, of endings; why others are kept."""

    listings: set[int]
    scores: set[int]
    endings: set[int]
    kept: Counter[str]


class _Removal:
    """One run of the command."""

    def __init__(self, before: date, principal: Principal, reason: str) -> None:
        self.before, self.principal, self.reason = before, principal, reason
        self._listings, self._scores = Batches(LISTINGS), Batches(SCORES)
        self._endings = Batches(ENDINGS)

    def count(self, versions: Mapping[int, date]) -> Tally:
        """Count what would be removed."""
        going = self._going(versions)
        rows = Counter({table: len(keys) for table, keys in _by_table(going)})
        for model in BESIDE:
            belonging = model._default_manager.filter(listing_version__in=going.listings)
            rows[model._meta.label] = belonging.count()
        return Tally(Counter(versions[number] for number in going.listings), rows, going.kept)

    def remove(self, versions: Mapping[int, date]) -> Tally:
        """Remove those of the versions that can go, within the caller's transaction.

        Versions that somebody else is changing are left to the next run. Who refers to one at the
        same moment is refused by the database: whoever commits second has to begin anew.
        """
        erasing_lock.hold()
        rows = ListingVersion.objects.select_for_update(skip_locked=True).filter(pk__in=versions)
        going = self._going(list(rows.order_by("pk").values_list("pk", flat=True)))
        if not going.listings:
            return Tally(kept=going.kept)
        days = Counter(versions[number] for number in going.listings)
        details = Removal(
            self.before.isoformat(),
            {day.isoformat(): count for day, count in sorted(days.items())},
            {table: stretches(sorted(keys)) for table, keys in _by_table(going)},
        )
        record(REMOVAL, self.before.isoformat(), self.principal, details, self.reason)
        self._listings.take_out(going.listings)
        self._scores.take_out(going.scores)
        self._endings.take_out(going.endings)
        forget_versions(going.listings)
        return Tally(days, delete_rows(going.listings, (*PARTS, ListingVersion)), going.kept)

    def _going(self, numbers: Collection[int]) -> _Going:
        """Choose the versions that nothing needs and whose commitments are sealed."""
        reasons = needed(list(numbers))
        kept = Counter(reasons.values())
        free = set(numbers) - reasons.keys()
        scored = set(Score.objects.filter(pk__in=free).values_list("pk", flat=True))
        unsealed = free - self._listings.committed(free)
        unsealed |= scored - self._scores.committed(scored)
        ended = set(Ending.objects.filter(pk__in=free).values_list("pk", flat=True))
        unsealed |= ended - self._endings.committed(ended)
        if unsealed:
            kept["not sealed in the ledger"] = len(unsealed)
        return _Going(free - unsealed, scored - unsealed, ended - unsealed, kept)


def _by_table(going: _Going) -> tuple[tuple[str, set[int]], ...]:
    tables = (LISTINGS.name, going.listings), (SCORES.name, going.scores)
    return (*tables, (ENDINGS.name, going.endings)) if going.endings else tables
