"""Take out of the files of days what a seller wrote and shows; numbers stay.

Files are looked through, not only those that a day has now: one that is being closed, or whose
closing was killed, has files that nothing names yet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db import transaction

from mimawari.datasets.history.files import read_where
from mimawari.datasets.history.sent import erase, has_seller
from mimawari.datasets.history.writing import SENT
from mimawari.listings.listing import Listing
from mimawari.service.audit.erase import forget_rows
from mimawari.service.catalogue.artifacts import artifacts
from mimawari.service.history import days
from mimawari.service.history.days import FOLDER
from mimawari.service.history.editions import keep, next_edition, write_edition
from mimawari.service.history.models import Cause, ClosedDay
from mimawari.service.intake.event_kinds import LISTINGS
from mimawari.service.intake.models import ListingVersion, State
from mimawari.service.media.unused import remove_unused
from mimawari.service.scoring.event_kinds import SCORES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from mimawari.datasets.history.rows import SentVersion
    from mimawari.records.principal import Principal

TITLE = "(erased)"


class Erased(msgspec.Struct):
    """How many versions lost their text in how many days, and which pictures went."""

    versions: int = 0
    days: int = 0
    pictures: set[str] = msgspec.field(default_factory=set)

    def add(self, other: Erased) -> None:
        """Add up."""
        self.versions += other.versions
        self.days += other.days
        self.pictures |= other.pictures


def files_with(seller_id: str) -> Iterator[str]:
    """Yield the names of the files that have what a seller sent."""
    store = artifacts()
    for name in store.names(FOLDER):
        path = store.folder(name) / SENT
        if path.exists() and has_seller(path, seller_id):
            yield name


def count_of(seller_id: str) -> int:
    """Count the versions of a seller in the files of closed days."""
    return sum(
        len(read_where(days.file_of(row, "sent"), "seller_id", seller_id, seller_id, ("number",)))
        for row in days.closed_days()
    )


def forget_seller(seller_id: str, principal: Principal, reason: str) -> Erased:
    """Take out what a seller sent, a day a transaction; may be stopped and called again."""
    erased = Erased()
    current = {days.artifact_name(row.day, "sent", row.sent): row for row in days.closed_days()}
    for name in files_with(seller_id):
        if name in current:
            erased.add(erase_in(current[name], "seller_id", {seller_id}, principal, reason))
        else:
            artifacts().remove(name)
    return erased


def erase_in(
    row: ClosedDay,
    column: str,
    values: Collection[str] | Collection[int],
    principal: Principal,
    reason: str,
) -> Erased:
    """Write the file of what was sent on a day anew without what was sent as some versions.

    The new file is kept before the edition that names it, and the old one removed after it. What
    the ledger committed to of the versions stays; that it was erased is an event.
    """
    with days.work_folder(row.day) as work:
        path = work / "new" / SENT
        path.parent.mkdir()
        before = days.file_of(row, "sent")
        taken = erase(before, path, column, values, blank)
        if not taken:
            return Erased()
        new = next_edition(row)
        new.cause = Cause.ERASED
        new.bytes += path.stat().st_size - before.stat().st_size
        new.sent = keep(row.day, "sent", path)
        with transaction.atomic():
            for table in (LISTINGS, SCORES):
                forget_rows(table, [version.number for version in taken], principal, reason)
            shown = {p.sha256 for version in taken for p in version.pictures if p.sha256}
            gone = remove_unused(shown)
            write_edition(new, principal, reason)
    days.remove_others(row.day, new)
    return Erased(len(taken), 1, gone)


def blank(row: SentVersion) -> SentVersion:
    """Leave of a version what names it."""
    listing = Listing(id=row.listing_id, version=row.version, seller_id="", title=TITLE)
    return msgspec.structs.replace(
        row,
        seller_id="",
        payload=msgspec.json.encode(listing).decode(),
        rule_hits=[],
        picture_text="",
        pictures=(),
        erased=True,
    )


def erased_since(row: ClosedDay) -> set[int]:
    """Give the versions of a day that were erased in the log and are not in its file."""
    span = (row.first_number, row.last_number)
    rows = ListingVersion.objects.filter(pk__range=span, state=State.ERASED, score__day=row.day)
    if not (erased := set(rows.values_list("pk", flat=True))):
        return erased
    table = read_where(days.file_of(row, "sent"), "number", *span, ("number", "erased"))
    blanked = zip(table["number"].to_pylist(), table["erased"].to_pylist(), strict=True)
    return erased - {number for number, is_erased in blanked if is_erased}
