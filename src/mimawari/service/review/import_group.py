"""Past decisions that are recorded together: which listing each is of, and what is wrong."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from django.db.models import Max

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.listings.listing import Listing
from mimawari.service.audit.bulk import commit
from mimawari.service.catalogue.models import TopicFileVersion
from mimawari.service.catalogue.topic_files import topic_files
from mimawari.service.intake.models import ListingVersion, State
from mimawari.service.platform import clock
from mimawari.service.review.event_kinds import IMPORTED_DECISIONS, IMPORTED_LISTINGS
from mimawari.service.review.models import (
    DecisionImport,
    ImportedDecision,
    ImportedListing,
    ImportedReviewer,
)
from mimawari.suggestions import nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from mimawari.detectors.topicfile import TopicFile
    from mimawari.records.past_decision import PastDecision

# How far another organisation's clock may be ahead of the database's.
AHEAD = timedelta(minutes=5)
IMPORTED, KNOWN, REJECTED = "imported", "known", "rejected"


class Version(NamedTuple):
    """A known version of a listing."""

    number: int
    version: int
    received_at: datetime
    state: int


Versions = dict[str, list[Version]]
Problems = tuple[FieldProblem, ...]


class ImportGroup:
    """Decisions that are recorded together, and what they need to know of the store."""

    def __init__(self, rows: Sequence[PastDecision]) -> None:
        ids = {row.listing_id for row in rows}
        self._now = clock.database_now()
        self._versions = _versions(ids)
        self._texts = _texts({row.listing_id for row in rows if row.listing is not None})
        self._files = _newest_files({row.topic for row in rows})
        self._reviewers = _reviewers({row.reviewer for row in rows})
        self._along = {
            (row.listing_id, row.sha256): row
            for row in ImportedListing.objects.filter(listing_id__in=ids).defer("payload")
        }
        self._new_along: list[ImportedListing] = []
        self._seen = _seen(ids)
        self._new: list[ImportedDecision] = []

    def answer(self, row: PastDecision) -> str | Problems:
        """Say what becomes of a decision, and keep it for `write`."""
        if problems := self._problems(row):
            return problems
        listing = self._listing_of(row)
        if isinstance(listing, FieldProblem):
            return (listing,)
        reviewer = self._reviewers[row.reviewer]
        place = listing if isinstance(listing, int) else (listing.listing_id, listing.sha256)
        key = (place, row.topic, reviewer, row.decided_at, str(row.verdict))
        if key in self._seen:
            return KNOWN
        self._seen.add(key)
        decision = ImportedDecision(
            listing_id=row.listing_id,
            topic=row.topic,
            verdict=str(row.verdict),
            clause=row.clause or None,
            reviewer_id=reviewer,
            decided_at=row.decided_at,
            note=row.note,
        )
        if isinstance(listing, int):
            decision.listing_version_id = listing
        else:
            decision.imported_listing = listing
        self._new.append(decision)
        return IMPORTED

    def _problems(self, row: PastDecision) -> Problems:
        problems = []
        file = self._files.get(row.topic)
        if file is None:
            near = nearest(row.topic, _topics())
            remedy = f"did you mean {near!r}?" if near else "activate its topic file first"
            problems.append(FieldProblem("topic", f"{row.topic[:40]!r} is unknown", remedy))
        elif row.clause:
            try:
                file.check_clause(row.clause)
            except InvalidInputError as error:
                problems += error.problems
        if row.decided_at > self._now + AHEAD:
            problem = f"{row.decided_at.isoformat()} is in the future"
            problems.append(FieldProblem("decided_at", problem, "import it once it was decided"))
        return tuple(problems)

    def _listing_of(self, row: PastDecision) -> int | ImportedListing | FieldProblem:
        """Give the version that was judged, or the listing that came along."""
        known = self._versions.get(row.listing_id, [])
        if row.listing is not None:
            text = (row.listing.title, row.listing.description)
            same = self._texts.get(row.listing_id, {}).get(text)
            return self._listing_along(row.listing) if same is None else same
        shown = repr(row.listing_id[:80])
        if not known:
            remedy = (
                "send the listing first, or give its title and description in the row: "
                "without a text it is no label, and nothing that repeats it is recognised"
            )
            return FieldProblem("id", f"{shown} is unknown", remedy)
        if row.version is None:
            before = [v for v in known if v.received_at <= row.decided_at]
            judged = before[-1] if before else known[0]
        else:
            named = [v for v in known if v.version == row.version]
            if not named:
                remedy = "give a known one, or the title and description that were judged"
                return FieldProblem("version", f"{row.version} of {shown} is unknown", remedy)
            judged = named[0]
        if judged.state == State.ERASED:
            return FieldProblem("id", f"{shown} was erased", "leave the row out")
        return judged.number

    def _listing_along(self, listing: Listing) -> ImportedListing:
        payload = msgspec.json.encode(listing)
        key = listing.id, hashlib.sha256(payload).hexdigest()
        if key not in self._along:
            row = ImportedListing(
                listing_id=listing.id,
                seller_id=listing.seller_id,
                payload=payload.decode(),
                sha256=key[1],
            )
            self._along[key] = row
            self._new_along.append(row)
        return self._along[key]

    def write(self, run: DecisionImport) -> None:
        """Write what is new, and commit to it."""
        ImportedListing.objects.bulk_create(self._new_along)
        for decision in self._new:
            decision.run = run
            if decision.imported_listing is not None:  # it has its number now
                decision.imported_listing = decision.imported_listing
        ImportedDecision.objects.bulk_create(self._new)
        for table, rows in (
            (IMPORTED_LISTINGS, self._new_along),
            (IMPORTED_DECISIONS, self._new),
        ):
            commit(table, [(row.pk, *(getattr(row, c) for c in table.columns)) for row in rows])


def _versions(ids: Collection[str]) -> Versions:
    versions: Versions = defaultdict(list)
    rows = ListingVersion.objects.filter(listing_id__in=ids).order_by("listing_id", "version")
    columns = rows.values_list("listing_id", "pk", "version", "received_at", "state")
    for listing_id, number, version, received_at, state in columns:
        versions[listing_id].append(Version(number, version, received_at, state))
    return versions


def _texts(ids: Collection[str]) -> dict[str, dict[tuple[str, str], int]]:
    """Give by listing the newest known version of each title and description."""
    texts: dict[str, dict[tuple[str, str], int]] = defaultdict(dict)
    rows = ListingVersion.objects.filter(listing_id__in=ids).exclude(state=State.ERASED)
    for number, payload in rows.order_by("version").values_list("pk", "payload"):
        listing = msgspec.json.decode(payload, type=Listing)
        texts[listing.id][listing.title, listing.description] = number
    return texts


def _topics() -> list[str]:
    return list(TopicFileVersion.objects.order_by().values_list("topic", flat=True).distinct())


def _newest_files(topics: Collection[str]) -> Mapping[str, TopicFile]:
    rows = TopicFileVersion.objects.filter(topic__in=topics).order_by().values_list("topic")
    newest = dict(rows.annotate(Max("version")))
    return {topic: file for (topic, _), file in topic_files(newest.items()).items()}


def _reviewers(names: Collection[str]) -> dict[str, int]:
    rows = [ImportedReviewer(name=name) for name in sorted(names)]
    ImportedReviewer.objects.bulk_create(rows, ignore_conflicts=True)
    known = ImportedReviewer.objects.filter(name__in=names)
    return dict(known.values_list("name", "pk"))


def _seen(ids: Collection[str]) -> set[tuple[object, ...]]:
    rows = ImportedDecision.objects.filter(listing_id__in=ids).values_list(
        "listing_version_id",
        "imported_listing__listing_id",
        "imported_listing__sha256",
        *("topic", "reviewer_id", "decided_at", "verdict"),
    )
    return {
        (version if version is not None else (listing_id, sha256), *rest)
        for version, listing_id, sha256, *rest in rows
    }
