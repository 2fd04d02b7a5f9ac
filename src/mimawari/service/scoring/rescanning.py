"""Score live listings of one topic again, batch by batch; what was done is kept with each batch.

A pass that was killed goes on behind its last batch, under the generation that it began with, and
finds what it would have found.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from django.conf import settings
from django.db import transaction

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.listings.batch import ListingBatch
from mimawari.service.intake.scored import scored_listing
from mimawari.service.media.pictures import picture_texts, pictures_of
from mimawari.service.platform import clock
from mimawari.service.platform.leases import HeldLease, LeaseLostError
from mimawari.service.releases.building import build_suite
from mimawari.service.scoring.models import FindingState, Rescan, RescanState, Rescore
from mimawari.service.scoring.rescans import live_listings
from mimawari.service.scoring.slots import by_slot
from mimawari.service.scoring.sparing import spared
from mimawari.service.scoring.throttle import BATCH
from mimawari.service.scoring.writing import packed_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from mimawari.records.scored import ScoredBatch
    from mimawari.service.scoring.throttle import Throttle

    Judged = Callable[[str, Collection[int]], set[int]]
    """Gives those of the versions that need not be judged again for a topic."""


class Progress(msgspec.Struct, frozen=True):
    """How far a pass is; ``lag`` is what waits where it stands aside, else 0."""

    scored: int
    total: int
    findings: int
    lag: int = 0


class Pass:
    """One pass over what is live.

    Parameters
    ----------
    rescan
        Saved; or not, in a dry run, of which nothing is kept.
    judged
        Says which versions need not be judged again.
    """

    def __init__(self, rescan: Rescan, judged: Judged, throttle: Throttle) -> None:
        self.rescan, self._judged, self._throttle = rescan, judged, throttle
        self.dry_run = rescan.pk is None
        self._manifest = rescan.generation.manifest.only(rescan.topic)
        self._suite = build_suite(self._manifest, rescan.generation_id)
        self._lease = HeldLease(f"rescan of {rescan.topic}")

    def run(self, progress: Callable[[Progress], object] = lambda _: None) -> bool:
        """Score what is left, then keep the best for moderators; False where it was stopped.

        Raises
        ------
        InvalidInputError
            Another process is at it.
        """
        self._renew()
        try:
            while versions := self._next():
                self._throttle.wait(lambda lag: self._aside(lag, progress))
                if not self._score(versions):
                    return False
                self._throttle.took(len(versions))
                progress(self._progress())
            return self.dry_run or self._keep()
        finally:
            if not self.dry_run:
                self._lease.release()

    def _progress(self, lag: int = 0) -> Progress:
        return Progress(self.rescan.scored, self.rescan.total, self.rescan.found, lag)

    def _aside(self, lag: int, progress: Callable[[Progress], object]) -> None:
        self._renew()
        progress(self._progress(lag))

    def _renew(self) -> None:
        """Keep other processes out, which a pass that is kept must be alone for."""
        if not self.dry_run and not self._lease.take():
            raise self._lease.refused()

    def _next(self) -> list[tuple[int, str, str]]:
        rows = live_listings(self.rescan.upto).filter(pk__gt=self.rescan.cursor).order_by("pk")
        return list(rows.values_list("pk", "seller_id", "payload")[: self._throttle.batch])

    def _score(self, versions: Sequence[tuple[int, str, str]]) -> bool:
        """Score a batch, and keep with it how far the pass is; False where it was stopped."""
        batch = self._scores(versions)
        rescan = self.rescan
        high = np.flatnonzero(batch.scores[:, 0] >= np.float32(rescan.least))
        known = self._judged(rescan.topic, [int(batch.ids[row]) for row in high])
        sellers = [seller for _, seller, _ in versions]
        mask = spared(batch, sellers, self._manifest, batch.scored_at)
        known |= {int(batch.ids[row]) for row in np.flatnonzero(mask[:, 0])}
        fresh = [
            [int(batch.ids[row]), float(batch.scores[row, 0])]
            for row in high
            if int(batch.ids[row]) not in known
        ]
        rescan.cursor, rescan.scored = versions[-1][0], rescan.scored + len(versions)
        rescan.found += len(fresh)
        rescan.best = heapq.nsmallest(
            rescan.most, [*rescan.best, *fresh], key=lambda pair: (-pair[1], pair[0])
        )
        if self.dry_run:
            return True
        with transaction.atomic():
            if not self._goes_on():
                return False
            rescan.save(update_fields=("cursor", "scored", "found", "best"))
        self._renew()
        return True

    def _goes_on(self) -> bool:
        """Whether nobody stopped it; holds its row, and keeps other processes out."""
        try:
            self._lease.guard()
        except LeaseLostError as error:
            raise self._lease.refused() from error
        held = Rescan.objects.select_for_update().filter(pk=self.rescan.pk)
        return held.values_list("state", flat=True).get() == RescanState.SCORING

    def _scores(self, versions: Sequence[tuple[int, str, str]]) -> ScoredBatch:
        ids = [number for number, _, _ in versions]
        texts = picture_texts(ids)
        listings = [scored_listing(text, texts.get(pk, "")) for pk, _, text in versions]
        scores = self._suite.score(ListingBatch.of(listings, pictures=pictures_of(listings)))
        if self.rescan.topic in scores.failures:
            problem = f"gives no scores: {scores.failures[self.rescan.topic]}"
            remedy = "see 'mimawari check'; then run the rescan again"
            raise InvalidInputError(FieldProblem("model", problem, remedy))
        return by_slot(
            ids,
            [seller for _, seller, _ in versions],
            scores,
            self._manifest,
            self.rescan.generation_id,
            [texts.get(number, "") for number in ids],
            clock.database_now(),
            settings.SECRET_KEY.encode(),
        )

    def _keep(self) -> bool:
        """Write what was found, to be put before moderators; False where it was stopped."""
        numbers = [int(number) for number, _ in self.rescan.best]
        rows = live_listings().filter(pk__in=numbers).order_by("pk")
        versions = list(rows.values_list("pk", "seller_id", "payload"))
        parts = [versions[at : at + BATCH] for at in range(0, len(versions), BATCH)]
        findings = [row for part in parts for row in self._findings(self._scores(part))]
        with transaction.atomic():
            if not self._goes_on():
                return False
            Rescore.objects.bulk_create(findings, batch_size=1_000)
            self.rescan.state, self.rescan.best = RescanState.OPENING, []
            self.rescan.save(update_fields=("state", "best"))
        return True

    def _findings(self, batch: ScoredBatch) -> list[Rescore]:
        return [
            Rescore(
                rescan=self.rescan,
                listing_version_id=number,
                generation_id=self.rescan.generation_id,
                scored_at=batch.scored_at,
                score=float(np.nan_to_num(batch.scores[row, 0])),
                state=FindingState.WAITING,
                scores=packed.scores,
                rule_scores=packed.rules,
                model_scores=packed.models,
                refined=packed.refined,
                in_canary=packed.in_canary,
                rule_hits=batch.rule_hits[row],
                picture_text=batch.picture_texts[row],
            )
            for row, (number, packed) in enumerate(
                zip(batch.ids.tolist(), packed_rows(batch), strict=True)
            )
        ]
