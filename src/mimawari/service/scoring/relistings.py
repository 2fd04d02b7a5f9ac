"""Relistings: a listing that repeats one which was found to violate, by text or by picture.

A sketch of a text costs as much as its scores, so one is made only of listings with a sign of a
topic that has violations, and of those by sellers who violated before: who offers the same goods
in the same words is scored as the first one was. Pictures of all are compared, which is cheap.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np

from mimawari.alerts.floors import LEAST_SCORE
from mimawari.detectors.topicfile import Severity
from mimawari.listings.duplicates.images import BYTES, ImageIndex
from mimawari.listings.duplicates.shingles import digests
from mimawari.listings.duplicates.texts import TextIndex
from mimawari.listings.media.hashes import MOST_DISTANCE, hashes_of
from mimawari.service.scoring.models import KnownViolation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from mimawari.listings.batch import ListingBatch
    from mimawari.records.scored import ScoredBatch

LEAST_SIMILARITY = 0.8
"""Of two texts' pieces; sellers' own phrases alone make fewer of a whole text the same."""
SCORE = np.float32(Severity.CRITICAL.prior)
"""What a relisting scores: that of a critical rule of which nothing is measured."""
MOST = 10_000
"""Violations that are remembered, the newest: 8 kB of memory each."""
MOST_PAST = 5_000
"""The same of those that came with past decisions, which push out none of ours."""
LOOK_SECONDS = 5.0
# Rows are committed in another order than that of their times, but hardly later than this.
OVERLAP = timedelta(minutes=1)
NAME, PAST_NAME = "relisting of decision", "relisting of past decision"


class Known(NamedTuple):
    """A violation that is remembered."""

    number: int
    listing_id: str
    seller_id: str
    topic: str
    decision: int
    past: bool


class Relisting(msgspec.Struct, frozen=True):
    """A row of a batch that repeats what was found to violate a topic, by the decision's number.

    ``past`` is one that was taken elsewhere.
    """

    row: int
    topic: str
    decision: int
    past: bool = False

    @property
    def name(self) -> str:
        """Name it as rules are named."""
        return f"{self.topic}/{PAST_NAME if self.past else NAME} {self.decision}"


def decision_in(hit: str, topic: str, past: bool = False) -> int | None:
    """Give the decision that a hit of a topic says is repeated; None where it is another hit.

    Examples
    --------
    >>> decision_in(Relisting(0, "weapons", 17).name, "weapons")
    17
    >>> decision_in(Relisting(0, "weapons", 17, past=True).name, "weapons", past=True)
    17
    >>> decision_in("weapons/firearm", "weapons")
    """
    prefix = f"{topic}/{PAST_NAME if past else NAME} "
    return int(hit.removeprefix(prefix)) if hit.startswith(prefix) else None


class KnownViolations:
    """What one scorer remembers; it looks for news between two batches."""

    def __init__(self) -> None:
        self._looked_at = -LOOK_SECONDS
        self._begin()

    def _begin(self) -> None:
        self._known: list[Known] = []
        self._places: dict[int, int] = {}
        self._active: set[int] = set()
        self._sellers: set[str] = set()
        self._topics: set[str] = set()
        self._texts, self._images = TextIndex(), ImageIndex()
        self._newest: datetime | None = None

    def __len__(self) -> int:
        return len(self._active)

    def refresh(self) -> None:
        """Read what changed since the last look, at most once in `LOOK_SECONDS`."""
        if time.monotonic() - self._looked_at < LOOK_SECONDS:
            return
        self._looked_at = time.monotonic()
        if len(self._known) > 2 * (MOST + MOST_PAST):  # begin anew with the newest
            self._begin()
        rows = KnownViolation.objects.select_related("listing_version")
        rows = rows.defer("listing_version__payload").order_by("-changed_at")
        if self._newest is not None:
            rows = rows.filter(changed_at__gte=self._newest - OVERLAP)
        newest = [*rows.filter(past=False)[:MOST], *rows.filter(past=True)[:MOST_PAST]]
        for row in sorted(newest, key=lambda row: row.changed_at):
            self._take(row)
            self._newest = row.changed_at

    def _take(self, row: KnownViolation) -> None:
        if row.withdrawn:
            self._active.discard(row.pk)
            return
        if row.pk in self._places:
            place = self._places[row.pk]
            known = self._known[place]._replace(decision=row.decision, past=row.past)
            self._known[place] = known
        else:
            place = self._places[row.pk] = len(self._known)
            of = row if row.listing_version is None else row.listing_version
            known = Known(row.pk, of.listing_id, of.seller_id, row.topic, row.decision, row.past)
            self._known.append(known)
            if row.digest is not None:
                self._texts.add(place, np.frombuffer(bytes(row.digest), "<u4"))
            packed = bytes(row.hashes)
            for at in range(0, len(packed), BYTES):
                self._images.add(place, packed[at : at + BYTES])
        self._active.add(row.pk)
        self._sellers.add(known.seller_id)
        self._topics.add(row.topic)

    def relistings(self, batch: ListingBatch, scored: ScoredBatch) -> list[Relisting]:
        """Find what a batch repeats: of each row and topic the nearest."""
        if not self._active:
            return []
        nearest: dict[tuple[int, str], tuple[float, bool, int]] = {}
        for row, known, nearness in self._near(batch, scored):
            key = row, known.topic  # of two as near, one of ours
            this = nearness, not known.past, known.decision
            nearest[key] = max(nearest.get(key, this), this)
        return [
            Relisting(row, topic, decision, not ours)
            for (row, topic), (_, ours, decision) in sorted(nearest.items())
        ]

    def _near(self, batch: ListingBatch, scored: ScoredBatch) -> Iterator[tuple[int, Known, float]]:
        rows = self._with_a_sign(batch, scored)
        texts = [(row, batch.texts.text(row)) for row in rows]
        worded = [(row, text) for row, text in texts if text]
        sketches = digests([text for _, text in worded])
        for (row, _), sketch in zip(worded, sketches, strict=True):
            for place, alike in self._texts.near(sketch, LEAST_SIMILARITY).items():
                if self._counts(place, batch, row):
                    yield row, self._known[place], alike
        for row, listing in enumerate(batch.listings):
            if not listing.image_urls:
                continue
            for known_hash in hashes_of(batch.pictures, listing):
                if not known_hash.usable:
                    continue
                for place, bits in self._images.near(known_hash.bits, MOST_DISTANCE).items():
                    if self._counts(place, batch, row):
                        yield row, self._known[place], 1.0 - bits / (8 * BYTES)

    def _with_a_sign(self, batch: ListingBatch, scored: ScoredBatch) -> Sequence[int]:
        columns = [at for at, topic in enumerate(scored.topics) if topic in self._topics]
        with np.errstate(invalid="ignore"):
            signs = np.any(scored.scores[:, columns] >= LEAST_SCORE, axis=1).tolist()
        return [
            row
            for row, listing in enumerate(batch.listings)
            if signs[row] or listing.seller_id in self._sellers
        ]

    def _counts(self, place: int, batch: ListingBatch, row: int) -> bool:
        """Whether a violation stands, and is another listing's: edits have a history already."""
        known = self._known[place]
        return known.number in self._active and known.listing_id != batch.listings[row].id


def with_relistings(batch: ScoredBatch, relistings: Sequence[Relisting]) -> ScoredBatch:
    """Score relistings as rules are scored, and name them among the rules that hold."""
    known = [relisting for relisting in relistings if relisting.topic in batch.topics]
    if batch.outside is not None:
        known = [r for r in known if not batch.outside[r.row, batch.topics.index(r.topic)]]
    if not known:
        return batch
    scores, rules = batch.scores.copy(), batch.rules.copy()
    hits = [list(names) for names in batch.rule_hits]
    for relisting in known:
        at = relisting.row, batch.topics.index(relisting.topic)
        scores[at], rules[at] = np.fmax(scores[at], SCORE), np.fmax(rules[at], SCORE)
        if relisting.name not in hits[relisting.row]:  # of what is scored a second time
            hits[relisting.row].append(relisting.name)
    return msgspec.structs.replace(batch, scores=scores, rules=rules, rule_hits=hits)
