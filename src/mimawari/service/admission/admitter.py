"""The admitter: merges candidates into the top K of their topic and day, list by list.

Any number of them run: the row of a list is its lock, and whoever finds it taken goes on.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from mimawari.errors import InvalidInputError
from mimawari.service.admission.admit import admit
from mimawari.service.admission.lists import ended, superseded
from mimawari.service.admission.models import Alert, AlertState
from mimawari.service.admission.rescans import open_findings
from mimawari.service.admission.second_stages import StageNews
from mimawari.service.admission.spared import spared_lists
from mimawari.service.platform import clock
from mimawari.service.platform.work_loop import WorkLoop
from mimawari.service.releases import generations
from mimawari.service.scoring.models import Candidate, CandidateState

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from mimawari.records.manifest import TopicEntry

logger = logging.getLogger(__name__)
# A look for what is gone reads every open alert. Up to so many, each turn looks; beyond, the
# looks are so far apart that they take a small and constant share of a core.
LOOKED_AT_EACH_TURN = 5_000
SECONDS_AN_ALERT = 1e-4


class LooksForGone:
    """When to look for open alerts of listings that were edited or ended.

    Nobody is given such an alert meanwhile: the queue leaves them out by itself.

    Parameters
    ----------
    monotonic
        The clock.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._due = 0.0

    def lists(self) -> set[tuple[str, date]]:
        """Give the lists, by topic and day, that hold any; nothing between two looks."""
        if self._monotonic() < self._due:
            return set()
        number = Alert.objects.filter(state=AlertState.OPEN).count()
        if number > LOOKED_AT_EACH_TURN:
            self._due = self._monotonic() + SECONDS_AN_ALERT * number
        gone = (superseded(), ended())
        return {row for rows in gone for row in rows.values_list("topic", "day").distinct()}


class Admitter(WorkLoop):
    """Deals with every list that candidates wait for, or whose alerts nobody need decide."""

    trouble = "a list could not be merged; its candidates wait"

    def __init__(self) -> None:
        super().__init__(idle_seconds=0.5)
        self._gone = LooksForGone()
        self._stages = StageNews()

    def turn(self) -> bool:
        """Merge each list that has something to merge."""
        topics = self._topics()
        now = clock.database_now()
        _after_rounds([topic for topic, entry in topics.items() if not entry.trial], now.date())
        # First: what waits for a stage that is out of force waits for its list then.
        again = self._stages.lists(topics, now)
        waiting = Candidate.objects.filter(state=CandidateState.WAITING)
        lists = set(waiting.values_list("topic", "day").distinct())
        lists |= self._gone.lists()
        lists |= spared_lists(topics, now)
        merged = 0
        for topic, day in sorted(lists | again):
            if self.notice and topic not in topics:
                continue  # a later version knows it
            # A topic out of force opens no alerts; what waits is refused.
            entry = topics.get(topic)
            merged += admit(topic, day, entry.capacity if entry else 0, now, entry)
        # An older generation may not know what a rescan looks for.
        opened = 0 if self.notice else open_findings(topics, now)
        return merged + opened > 0 or bool(again)

    def _topics(self) -> dict[str, TopicEntry]:
        """Give what is in force, as far as this version of the program reads it."""
        try:
            newest, notice = generations.current(), ""
        except InvalidInputError as error:
            newest = generations.serving()
            notice = f"goes on by an older generation: {error}"
        if notice != self.notice:
            logger.warning("%s", notice or "the newest generation is in force")
        self.notice = notice
        return newest.manifest.topics if newest else {}


def _after_rounds(topics: list[str], day: date) -> None:
    """Let what waits for a round that will not come compete for today's list."""
    left = Candidate.objects.filter(topic__in=topics, state=CandidateState.IN_ROUND)
    if left.exists():
        left.update(state=CandidateState.WAITING, in_round=False, day=day)
