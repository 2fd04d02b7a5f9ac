"""Listings that ended: sold, withdrawn or removed; a newer version is live again.

Only the fact is written here. Alerts that wait are closed by the admitter, as after an edit.
"""

from __future__ import annotations

import enum
from datetime import UTC, datetime, timedelta  # read by msgspec
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from django.db import connection, transaction

from mimawari.errors import FieldProblem
from mimawari.service.audit.bulk import commit
from mimawari.service.intake.event_kinds import ENDINGS
from mimawari.service.intake.log import newest_versions
from mimawari.service.intake.models import Ending, EndReason, ListingVersion
from mimawari.service.platform import clock

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from mimawari.records.principal import Principal

# How far a marketplace's clock may be ahead of the database's.
AHEAD = timedelta(minutes=5)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
# SQLite allows 32,766 variables a statement; a row takes six.
CHUNK = 4_000

_INSERT = """
INSERT INTO intake_ending
    (listing_version_id, reason, ended_at, recorded_at, principal_kind, principal)
VALUES {rows} ON CONFLICT DO NOTHING RETURNING listing_version_id
"""


class EndStatus(enum.StrEnum):
    """What a report that a listing ended came to.

    ``stale``: a newer version than the one that ended is known, so that nothing is closed.
    """

    ENDED = "ended"
    ALREADY_ENDED = "already_ended"
    STALE = "stale"


class Report(msgspec.Struct, frozen=True):
    """The marketplace's word that a listing ended.

    Parameters
    ----------
    ended_at
        Now where it is None.
    version
        The one that ended; the newest known where it is None.
    """

    listing_id: str
    reason: EndReason
    ended_at: datetime | None = None
    version: int | None = None


class Recorded(msgspec.Struct, frozen=True):
    """What stands of a listing's end; the first report does, whatever later ones say."""

    status: EndStatus
    version: int
    reason: EndReason | None = None
    ended_at: datetime | None = None


class _Known(NamedTuple):
    """A listing's newest version."""

    number: int
    version: int


def record_ended(
    reports: Sequence[Report], principal: Principal
) -> list[Recorded | tuple[FieldProblem, ...]]:
    """Record that listings ended, in one transaction; saying it twice changes nothing.

    Returns
    -------
    For each report what stands, or what is wrong with it.
    """
    answers: list[Recorded | tuple[FieldProblem, ...]] = []
    with transaction.atomic():
        now = clock.database_now()
        for start in range(0, len(reports), CHUNK):
            answers += _record_chunk(reports[start : start + CHUNK], principal, now)
    return answers


def _record_chunk(
    reports: Sequence[Report], principal: Principal, now: datetime
) -> list[Recorded | tuple[FieldProblem, ...]]:
    known = _newest({report.listing_id for report in reports})
    standing = _standing([newest.number for newest in known.values()])
    ending: dict[int, Ending] = {}
    for report in reports:
        newest = known.get(report.listing_id)
        if newest is None or _problems(report, newest, now) or _is_stale(report, newest):
            continue
        if newest.number not in standing:
            ending.setdefault(newest.number, _ending(report, newest, principal, now))
    inserted = _insert(ending)
    if len(inserted) < len(ending):  # others were faster
        standing |= _standing(ending.keys() - inserted)
    commit(ENDINGS, [_row(ending[number]) for number in inserted])
    standing |= {number: ending[number] for number in inserted}
    fresh = set(inserted)
    return [_answer(report, known.get(report.listing_id), standing, fresh, now)
            for report in reports]  # fmt: skip


def _newest(ids: Collection[str]) -> dict[str, _Known]:
    """Give the newest version of each listing that is known."""
    newest = newest_versions(ids)
    rows = ListingVersion.objects.filter(
        listing_id__in=newest, version__in=set(newest.values())
    ).values_list("listing_id", "pk", "version")
    return {id_: _Known(pk, version) for id_, pk, version in rows if newest[id_] == version}


def _standing(numbers: Collection[int]) -> dict[int, Ending]:
    return Ending.objects.in_bulk(list(numbers))


def _problems(report: Report, newest: _Known | None, now: datetime) -> tuple[FieldProblem, ...]:
    problems = []
    if newest is None:
        problem = f"{report.listing_id[:80]!r} is unknown"
        problems.append(FieldProblem("id", problem, "check it, or send the listing first"))
    elif report.version is not None and report.version > newest.version:
        problem = f"{report.version} is not known yet; the newest is {newest.version}"
        problems.append(FieldProblem("version", problem, "send it first, or name a known one"))
    if report.ended_at is not None and report.ended_at > now + AHEAD:
        problem = f"{report.ended_at.isoformat()} is in the future"
        problems.append(FieldProblem("ended_at", problem, "tell of it once it ended"))
    if report.ended_at is not None and report.ended_at < EARLIEST:
        problem = f"{report.ended_at.isoformat()} is before {EARLIEST.year}"
        problems.append(FieldProblem("ended_at", problem, "give the time at which it ended"))
    return tuple(problems)


def _is_stale(report: Report, newest: _Known) -> bool:
    return report.version is not None and report.version < newest.version


def _ending(report: Report, newest: _Known, principal: Principal, now: datetime) -> Ending:
    return Ending(
        listing_version_id=newest.number,
        reason=report.reason,
        ended_at=report.ended_at or now,
        recorded_at=now,
        principal_kind=principal.kind,
        principal=principal.id,
    )


def _row(ending: Ending) -> tuple[int, str, datetime, datetime, str, str]:
    """Give what the ledger commits to, as it will be read again."""
    return (
        ending.listing_version_id,
        str(ending.reason),
        ending.ended_at,
        ending.recorded_at,
        ending.principal_kind,
        ending.principal,
    )


def _insert(ending: Mapping[int, Ending]) -> list[int]:
    """Insert endings in the order of their numbers; gives those that nobody else inserted."""
    if not ending:
        return []
    adapt = connection.ops.adapt_datetimefield_value
    values: list[str | int | None] = []
    for number in sorted(ending):
        key, reason, ended_at, recorded_at, *who = _row(ending[number])
        values += [key, reason, adapt(ended_at), adapt(recorded_at), *who]
    rows = ", ".join(["(%s, %s, %s, %s, %s, %s)"] * len(ending))
    with connection.cursor() as cursor:
        cursor.execute(_INSERT.format(rows=rows), values)
        return [number for (number,) in cursor.fetchall()]


def _answer(
    report: Report,
    newest: _Known | None,
    standing: Mapping[int, Ending],
    fresh: set[int],
    now: datetime,
) -> Recorded | tuple[FieldProblem, ...]:
    problems = _problems(report, newest, now)
    if problems or newest is None:
        return problems
    if _is_stale(report, newest):
        return Recorded(EndStatus.STALE, newest.version)
    ending = standing[newest.number]
    status = EndStatus.ENDED if newest.number in fresh else EndStatus.ALREADY_ENDED
    fresh.discard(newest.number)  # said twice at once
    return Recorded(status, newest.version, EndReason(ending.reason), ending.ended_at)
