"""The scorer: leased listing versions in, scores and candidates out. Any number of them run.

A batch is scored outside of any transaction and written in one, with the acknowledgement: at
any kill a version is either waiting with nothing written, or scored with its candidates.
Scorers hold no lock that another one waits for.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from django.conf import settings
from django.db import DatabaseError, transaction

from mimawari.listings.batch import ListingBatch
from mimawari.service.intake.log import supersede_older
from mimawari.service.intake.scored import scored_listing
from mimawari.service.intake.stream import DatabaseStream
from mimawari.service.media.new_versions import ready
from mimawari.service.media.pictures import picture_texts, pictures_of
from mimawari.service.platform import clock
from mimawari.service.platform.work_loop import WorkLoop
from mimawari.service.releases.follower import SuiteFollower
from mimawari.service.scoring.candidates import candidates_of
from mimawari.service.scoring.explaining import explain_admitted
from mimawari.service.scoring.exploring import Draw, draw, tempered_scores
from mimawari.service.scoring.floors import ShadowFloors, list_floors
from mimawari.service.scoring.relistings import KnownViolations, with_relistings
from mimawari.service.scoring.slots import by_slot
from mimawari.service.scoring.sparing import spared
from mimawari.service.scoring.volume import VolumeCounter
from mimawari.service.scoring.writing import write_candidates, write_scores

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mimawari.detectors.suite import Suite, SuiteScores
    from mimawari.listings.listing import Listing
    from mimawari.records.manifest import Manifest
    from mimawari.records.scored import ScoredBatch
    from mimawari.records.work import LeasedVersion
    from mimawari.streams import Stream

logger = logging.getLogger(__name__)
BATCH = 1_000
# Far longer than a batch takes: who is slower than this has stalled.
LEASE_SECONDS = 60.0
# Alerts explained in a turn without listings.
EXPLAINED_A_TURN = 50


class Scorer(WorkLoop):
    """Scores what the stream hands out, with the suite of the newest generation.

    Parameters
    ----------
    batch
        Most listing versions at a time.
    suites
        Follows the generations in a thread of its own; without it, this one looks each time.
    """

    trouble = "a batch could not be written; it is scored again"

    def __init__(
        self,
        batch: int = BATCH,
        stream: Stream | None = None,
        suites: SuiteFollower | None = None,
    ) -> None:
        super().__init__(idle_seconds=0.5)
        self.batch = batch
        self.stream: Stream = stream or DatabaseStream(ready)
        self.suites = suites or SuiteFollower()
        self._looks = suites is None
        self.suite: Suite | None = None
        self._manifest: Manifest | None = None
        self._shadows: ShadowFloors | None = None
        self._volume = VolumeCounter()
        self.known = KnownViolations()
        self._unwritten: Sequence[LeasedVersion] = ()

    def refresh(self) -> bool:
        """Take up the newest generation for the next batch; False while there is none."""
        if self._looks:
            self.suites.refresh()
        loaded = self.suites.loaded
        if loaded is None:
            return False
        if self.suite is not loaded.suite:
            self.suite, self._manifest = loaded.suite, loaded.manifest
            self._shadows = ShadowFloors(loaded.manifest)
        return True

    def turn(self) -> bool:
        """Score what waits; where nothing does, explain what was admitted."""
        if not self.refresh():
            return False
        assert self.suite is not None
        return self.score_batch() > 0 or explain_admitted(self.suite, EXPLAINED_A_TURN) > 0

    def score_batch(self) -> int:
        """Score one batch; gives how many versions it dealt with."""
        if not self.refresh():
            return 0
        if self._unwritten:  # left over from a turn in which the store was away
            self.stream.release(self._unwritten)
        self._unwritten = leased = self.stream.fetch(self.batch, LEASE_SECONDS)
        if leased:
            self._score(leased)
        self._unwritten = ()
        return len(leased)

    def _score(self, leased: Sequence[LeasedVersion]) -> None:
        """Score leased versions; a batch that fails is halved until what fails is alone."""
        try:
            texts = picture_texts([version.id for version in leased])
            listings = [
                scored_listing(version.payload, texts.get(version.id, "")) for version in leased
            ]
            pass_ = _Pass(self, leased, listings, [texts.get(v.id, "") for v in leased])
        except DatabaseError:  # the store's fault, and no listing's
            raise
        except Exception as error:  # whatever a listing provokes must not stop the others
            if len(leased) > 1:
                middle = len(leased) // 2
                self._score(leased[:middle])
                self._score(leased[middle:])
                return
            logger.exception("%s cannot be scored", leased[0].listing_id)
            self.stream.fail(leased[0], f"{type(error).__name__}: {error}")
            return
        pass_.write()


class _Pass:
    """One batch on its way from listings to rows."""

    def __init__(
        self,
        scorer: Scorer,
        leased: Sequence[LeasedVersion],
        listings: Sequence[Listing],
        texts: list[str],
    ) -> None:
        assert scorer.suite is not None
        assert scorer._manifest is not None
        assert scorer._shadows is not None
        self._scorer, self._leased, self._listings = scorer, leased, listings
        self._suite, self._manifest, self._texts = scorer.suite, scorer._manifest, texts
        self._now = clock.database_now()
        self._floors = list_floors(self._manifest, self._now.date())
        beside_floors = scorer._shadows.current(self._now.date(), self._floors)
        scorer.known.refresh()
        began = time.perf_counter()
        batch = ListingBatch.of(listings, pictures=pictures_of(listings))
        scores = self._suite.score(batch, self._floors, beside_floors)
        for part, reason in scores.failures.items():  # a topic's model, or a bank
            logger.error("%s gave no scores: %s", part, reason)
        self._batch = self._by_slot(scores, list(range(len(leased))))
        self._relistings = scorer.known.relistings(batch, self._batch)
        self._batch = with_relistings(self._batch, self._relistings)
        self._seconds, self._model_seconds = time.perf_counter() - began, scores.seconds
        self._tempered = tempered_scores(self._batch, self._manifest, self._floors)
        self._draws = self._explore()

    def _by_slot(self, scores: SuiteScores, rows: list[int]) -> ScoredBatch:
        return by_slot(
            [self._leased[row].id for row in rows],
            [self._listings[row].seller_id for row in rows],
            scores,
            self._manifest,
            self._suite.generation,
            [self._texts[row] for row in rows],
            self._now,
            settings.SECRET_KEY.encode(),
        )

    def _explore(self) -> list[Draw]:
        """Draw the exploration slice; what is drawn is scored again, with its trees."""
        share = settings.CONFIG.exploration_share
        if share <= 0:
            return []
        sums = {topic: float(values.sum()) for topic, values in self._tempered.items()}
        day = self._batch.day
        volumes = self._scorer._volume.volumes(day, len(self._batch.ids), sums)
        secret = settings.SECRET_KEY.encode()
        draws = draw(self._batch, self._manifest, self._tempered, volumes, share, secret)
        rows = sorted({drawn.row for drawn in draws})
        if rows and not self._batch.refined[rows].all():
            listings = [self._listings[row] for row in rows]
            scores = self._suite.score(ListingBatch.of(listings, pictures=pictures_of(listings)))
            self._batch = _with_rows(self._batch, rows, self._by_slot(scores, rows))
            mine = [relisting for relisting in self._relistings if relisting.row in rows]
            self._batch = with_relistings(self._batch, mine)
        return draws

    def write(self) -> None:
        """Acknowledge what is still this scorer's, and write its scores and candidates."""
        with transaction.atomic():
            mine = self._scorer.stream.ack(self._leased)
            acknowledged = np.array(
                [i for i, v in enumerate(self._leased) if v.id in mine], np.int64
            )
            if not len(acknowledged):
                return
            write_scores(self._batch.rows(acknowledged))
            sellers = [listing.seller_id for listing in self._listings]
            no_candidates = spared(self._batch, sellers, self._manifest, self._now)
            rows = candidates_of(
                self._batch, self._manifest, self._floors, self._draws, no_candidates
            )
            write_candidates(self._batch, [row for row in rows if row.version in mine])
            sums = {
                topic: float(values[acknowledged].sum()) for topic, values in self._tempered.items()
            }
            hits = (~np.isnan(self._batch.rules[acknowledged])).sum(axis=0).tolist()
            by_rules = dict(zip(self._batch.topics, hits, strict=True))
            self._scorer._volume.add(
                self._batch.day,
                len(acknowledged),
                sums,
                self._seconds,
                by_rules,
                self._model_seconds,
            )
            supersede_older(mine)
        assert self._scorer._shadows is not None
        self._scorer._shadows.update(self._batch)


def _with_rows(batch: ScoredBatch, rows: list[int], again: ScoredBatch) -> ScoredBatch:
    """Put rows that were scored again in place of the first ones."""
    matrices = {}
    for name in ("scores", "rules", "model_scores", "refined", "in_canary"):
        matrices[name] = getattr(batch, name).copy()
        matrices[name][rows] = getattr(again, name)
    return msgspec.structs.replace(batch, **matrices)
