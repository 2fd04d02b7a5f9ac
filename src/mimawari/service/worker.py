"""The worker: pending listing versions in, scores and alerts out, each exactly once.

A batch is scored outside of any transaction, so that intake goes on, and written in one: whatever
is killed when, a version is either pending with nothing written, or scored with its score row
and its alerts.
"""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from django.db import close_old_connections, connection, transaction
from django.db.models import Q
from django.utils import timezone

from mimawari.alerts.capacity import DayTopK
from mimawari.alerts.ties import tie_break
from mimawari.listings.batch import ListingBatch
from mimawari.listings.listing import Listing
from mimawari.service.intake import log
from mimawari.service.intake.models import ListingVersion, Score, State
from mimawari.service.ops import generations
from mimawari.service.review.models import Alert, AlertState, Purpose
from mimawari.service.review.on_trial import topics_in_rounds

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from mimawari.detectors.suite import Suite, SuiteScores
    from mimawari.service.intake.log import Pending

logger = logging.getLogger(__name__)
BATCH = 1_000
MOST_ATTEMPTS = 3
# A model without any sign of a violation still gives a small number: such are no alerts.
LEAST_SCORE = 0.02


class Worker:
    """Scores what is pending with the suite of the newest generation.

    Parameters
    ----------
    batch
        Most listing versions at a time.
    """

    def __init__(self, batch: int = BATCH) -> None:
        self.batch = batch
        self.suite: Suite | None = None
        self.capacity: dict[str, int] = {}
        self._stop = threading.Event()
        self.wake = threading.Event()

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
            listings = [msgspec.json.decode(one.payload, type=Listing) for one in pending]
            scores = self.suite.score(ListingBatch.of(listings))
        except Exception as error:  # whatever a listing provokes must not stop the others
            if len(pending) > 1:
                middle = len(pending) // 2
                self._deal_with(pending[:middle])
                self._deal_with(pending[middle:])
            else:
                self._failed(pending[0], error)
            return
        for topic, reason in scores.failures.items():
            logger.error("the model of %s gave no scores: %s", topic, reason)
        self._write(pending, scores, self.suite.generation)

    def _failed(self, one: Pending, error: Exception) -> None:
        logger.exception("listing %s version %s cannot be scored", one.listing_id, one.version)
        aside = one.attempts + 1 >= MOST_ATTEMPTS
        ListingVersion.objects.filter(id=one.id).update(
            attempts=one.attempts + 1,
            error=f"{type(error).__name__}: {error}"[:2_000],
            state=State.SET_ASIDE if aside else State.PENDING,
        )

    def _write(self, pending: Sequence[Pending], scores: SuiteScores, generation: int) -> None:
        """Claim what is still pending, and write its scores and alerts, in one transaction.

        What another worker wrote or a newer version replaced meanwhile is left alone.
        """
        now = timezone.now()
        with transaction.atomic():
            claimed = log.claim([one.id for one in pending])
            rows = [row for row, one in enumerate(pending) if one.id in claimed]
            if rows:
                Score.objects.bulk_create(_rows(pending, scores, rows, generation, now))
                self._alert(pending, scores, rows, now.date())

    def _alert(
        self, pending: Sequence[Pending], scores: SuiteScores, rows: list[int], day: date
    ) -> None:
        """Open the alerts of the running top K, and displace those they push out."""
        tops = self._tops(day)
        opened: dict[tuple[str, int], float] = {}
        displaced: set[tuple[str, int]] = set()
        for column, topic in enumerate(scores.topics):
            top = tops.get(topic)
            if top is None:
                continue
            values = scores.score[rows, column]
            for at in np.flatnonzero(values >= max(LEAST_SCORE, top.floor)).tolist():
                one, value = pending[rows[at]], float(values[at])
                admitted = top.offer(value, one.id, tie_break(one.listing_id))
                if admitted is None:
                    continue
                opened[topic, one.id] = value
                if admitted.displaced is not None:
                    gone = (topic, admitted.displaced)
                    if opened.pop(gone, None) is None:
                        displaced.add(gone)
        self._write_alerts(opened, displaced, day)

    def _tops(self, day: date) -> dict[str, DayTopK[int]]:
        """Rebuild the day's running top K of each topic from the store.

        What a moderator decided or holds is spent capacity: nothing pushes it out. Topics in
        an experiment have none: its rounds list what arrives.
        """
        in_rounds = topics_in_rounds()
        now = timezone.now()
        spent: dict[str, int] = defaultdict(int)
        inside: dict[str, list[tuple[float, int, str]]] = defaultdict(list)
        held = Q(state=AlertState.DECIDED) | Q(state=AlertState.OPEN, leased_until__gt=now)
        held |= Q(state=AlertState.OPEN) & ~Q(purpose=Purpose.TOP_K)
        alerts = Alert.objects.filter(day=day)
        for topic in alerts.filter(held).values_list("topic", flat=True):
            spent[topic] += 1
        free = alerts.filter(state=AlertState.OPEN, purpose=Purpose.TOP_K).exclude(held)
        names = ("topic", "score", "listing_version_id", "listing_version__listing_id")
        for topic, score, version, listing in free.values_list(*names):
            inside[topic].append((score, version, tie_break(listing)))
        tops = {}
        for topic, capacity in self.capacity.items():
            if topic in in_rounds:
                continue
            top: DayTopK[int] = DayTopK(max(0, capacity - spent[topic]))
            for score, version, tie in inside[topic]:
                top.offer(score, version, tie)
            tops[topic] = top
        return tops

    def _write_alerts(
        self,
        opened: dict[tuple[str, int], float],
        displaced: set[tuple[str, int]],
        day: date,
    ) -> None:
        by_topic: dict[str, list[int]] = defaultdict(list)
        for topic, version in displaced:
            by_topic[topic].append(version)
        for topic, versions in by_topic.items():
            Alert.objects.filter(
                topic=topic,
                listing_version_id__in=versions,
                state=AlertState.OPEN,
                purpose=Purpose.TOP_K,
            ).update(state=AlertState.DISPLACED)
        now = timezone.now()
        Alert.objects.bulk_create(
            Alert(
                listing_version_id=version,
                topic=topic,
                day=day,
                score=score,
                priority=score,
                created_at=now,
            )
            for (topic, version), score in opened.items()
        )

    def run(self, idle_seconds: float = 0.5) -> None:
        """Work until stopped; `wake` cuts the waiting short when listings arrive."""
        while not self._stop.is_set():
            try:
                close_old_connections()
                done = self.run_once()
            except Exception:
                logger.exception("a batch failed as a whole; it stays pending")
                done = 0
            if not done:
                self.wake.wait(idle_seconds)
                self.wake.clear()
        connection.close()

    def stop(self) -> None:
        """End `run` after the batch at hand."""
        self._stop.set()
        self.wake.set()


def _rows(
    pending: Sequence[Pending], scores: SuiteScores, rows: list[int], generation: int, now: datetime
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
        )
        for row in rows
    ]
