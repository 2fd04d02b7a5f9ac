"""The worker: pending listing versions in, scores and alerts out, each exactly once.

A batch is scored outside of any transaction, so that intake goes on, and written in one: whatever
is killed when, a version is either pending with nothing written, or scored with its score row
and its alerts.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from django.db import transaction
from django.utils import timezone

from mimawari.listings.batch import ListingBatch
from mimawari.service.intake import log
from mimawari.service.intake.models import ListingVersion, Score, State
from mimawari.service.intake.scored import scored_listing
from mimawari.service.media.kept import picture_texts, pictures_of
from mimawari.service.ops import generations
from mimawari.service.review.exploration import count_rules
from mimawari.service.review.on_trial import topics_in_rounds
from mimawari.service.review.opening import open_alerts
from mimawari.service.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from mimawari.detectors.suite import Suite, SuiteScores
    from mimawari.service.intake.log import Pending

logger = logging.getLogger(__name__)
BATCH = 1_000
MOST_ATTEMPTS = 3


class Worker(Turns):
    """Scores what is pending with the suite of the newest generation.

    Parameters
    ----------
    batch
        Most listing versions at a time.
    """

    trouble = "a batch failed as a whole; it stays pending"

    def __init__(self, batch: int = BATCH) -> None:
        super().__init__(idle_seconds=0.5)
        self.batch = batch
        self.suite: Suite | None = None
        self.capacity: dict[str, int] = {}

    def refresh(self) -> bool:
        """Take up the newest generation; False while there is none."""
        newest = generations.current()
        if newest is None:
            return False
        if self.suite is None or self.suite.generation < newest.number:
            self.suite = generations.build_suite(newest.manifest, newest.number)
            self.capacity = {t: e["capacity"] for t, e in newest.manifest["topics"].items()}
            logger.info("generation %s in force", newest.number)
        return True

    def run_once(self) -> int:
        """Score one batch; gives how many versions it dealt with.

        A batch that fails is halved until the listing that fails is alone; after
        `MOST_ATTEMPTS` failures it is set aside with the reason, and the others go on.
        """
        if not self.refresh():
            return 0
        pending = log.fetch(self.batch)
        if pending:
            self._deal_with(pending)
        return len(pending)

    def _deal_with(self, pending: Sequence[Pending]) -> None:
        assert self.suite is not None
        try:
            texts = picture_texts([one.id for one in pending])
            listings = [scored_listing(one.payload, texts.get(one.id, "")) for one in pending]
            start = time.perf_counter()
            batch = ListingBatch.of(listings, pictures=pictures_of(listings))
            scores = self.suite.score(batch)
            seconds = time.perf_counter() - start
        except Exception as error:  # whatever a listing provokes must not stop the others
            if len(pending) > 1:
                middle = len(pending) // 2
                self._deal_with(pending[:middle])
                self._deal_with(pending[middle:])
            else:
                self._failed(pending[0], error)
            return
        for part, reason in scores.failures.items():  # a topic's model, or a bank
            logger.error("%s gave no scores: %s", part, reason)
        self._write(pending, scores, self.suite.generation, seconds, texts)

    def _failed(self, one: Pending, error: Exception) -> None:
        logger.exception("listing %s version %s cannot be scored", one.listing_id, one.version)
        aside = one.attempts + 1 >= MOST_ATTEMPTS
        ListingVersion.objects.filter(id=one.id).update(
            attempts=one.attempts + 1,
            error=f"{type(error).__name__}: {error}"[:2_000],
            state=State.SET_ASIDE if aside else State.PENDING,
        )

    def _write(
        self,
        pending: Sequence[Pending],
        scores: SuiteScores,
        generation: int,
        seconds: float = 0.0,
        texts: Mapping[int, str] = MappingProxyType({}),
    ) -> None:
        """Claim what is still pending, and write its scores and alerts, in one transaction.

        What another worker wrote or a newer version replaced meanwhile is left alone.
        """
        now = timezone.now()
        with transaction.atomic():
            claimed = log.claim([one.id for one in pending])
            rows = [row for row, one in enumerate(pending) if one.id in claimed]
            if rows:
                Score.objects.bulk_create(_rows(pending, scores, rows, generation, now, texts))
                by_topic = {t: scores.score[rows, i] for i, t in enumerate(scores.topics)}
                written = [pending[row] for row in rows]
                count_rules(now.date(), scores.topics, scores.rules[rows])
                open_alerts(written, by_topic, self.capacity, topics_in_rounds(), now, seconds)

    def turn(self) -> bool:
        """Score what is pending."""
        return self.run_once() > 0


def _rows(
    pending: Sequence[Pending],
    scores: SuiteScores,
    rows: list[int],
    generation: int,
    now: datetime,
    texts: Mapping[int, str],
) -> list[Score]:
    hits: dict[int, list[str]] = defaultdict(list)
    for row, rule in zip(scores.hits.listings.tolist(), scores.hits.rules.tolist(), strict=True):
        hits[row].append(scores.hits.names[rule])
    refined = np.packbits(scores.refined, axis=1, bitorder="little")
    packed = [np.ascontiguousarray(m, "<f4") for m in (scores.score, scores.model, scores.rules)]
    return [
        Score(
            listing_version_id=pending[row].id,
            generation_id=generation,
            scored_at=now,
            scores=packed[0][row].tobytes(),
            model_scores=packed[1][row].tobytes(),
            rule_scores=packed[2][row].tobytes(),
            refined=refined[row].tobytes(),
            rule_hits=hits[row],
            picture_text=texts.get(pending[row].id, ""),
        )
        for row in rows
    ]
